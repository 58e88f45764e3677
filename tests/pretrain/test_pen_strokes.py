"""Reading digits written with a pen, and drawing them as the canvas does."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from cnnlab.errors import CNNLabError
from cnnlab.pretrain.pen_strokes import (
    CONDITIONS,
    Condition,
    PenDigit,
    draw_digit,
    draw_strokes,
    read_strokes,
    scale_strokes,
)
from cnnlab.vision.digit_preprocessing import to_digit

FILE = """.LEXICON "0" "1"

.SEGMENT DIGIT    0 ? "1"
.COMMENT 1 12  7
.PEN_DOWN
 10  20
 10  40
.PEN_UP
.PEN_DOWN
 30  5
.PEN_UP
.DT 100
.SEGMENT DIGIT    3 ? "0"
.COMMENT 0 13  8
.PEN_DOWN
 0  0
 5  5
"""


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_strokes_are_read_with_y_turned_downwards(pack: type[bytes], tmp_path: Path) -> None:
    path = tmp_path / "strokes"
    path.write_bytes(pack(FILE.encode()))
    first, second = read_strokes(path)
    assert (first.label, first.writer, len(first.strokes)) == (1, 12, 2)
    assert first.strokes[0].tolist() == [[10, -20], [10, -40]]
    assert first.strokes[1].tolist() == [[30, -5]]
    assert (second.label, second.writer) == (0, 13)


def test_the_file_of_the_thirty_writers(shared_data: Path) -> None:
    writings = read_strokes(shared_data / "pen-strokes.txt.gz")
    assert len(writings) == 7494
    assert {writing.writer for writing in writings} == set(range(1, 31))
    assert Counter(writing.label for writing in writings).most_common()[0] == (2, 780)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"\x1f\x8bnonsense", "cannot be read"), (b"nothing", "There is no digit in")],
)
def test_what_is_no_file_of_strokes_is_refused(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "strokes"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CNNLabError, match=said):
        read_strokes(path)


def test_strokes_are_placed_by_their_longer_side() -> None:
    line = scale_strokes((np.array([[0.0, 0.0], [5.0, 10.0]]),), 100, (20, 30))
    assert line[0].tolist() == [[20, 30], [70, 130]]


def test_a_line_is_as_wide_as_the_pen_with_round_ends() -> None:
    drawn = draw_strokes([np.array([[20.0, 50.0], [80.0, 50.0]])], 100, 10)
    assert drawn[:, 50].sum() == pytest.approx(10, abs=1)
    assert drawn.sum() == pytest.approx(60 * 10 + np.pi * 25, rel=0.05)
    dot = draw_strokes([np.array([[50.0, 50.0]])], 100, 20)
    assert dot.sum() == pytest.approx(np.pi * 100, rel=0.05)


WRITING = PenDigit(1, 21, (np.array([[0.0, 0.0], [40.0, 100.0]]),))


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_every_condition_is_on_the_canvas(condition: Condition) -> None:
    drawn = draw_digit(WRITING, condition, seed=3)
    assert (drawn.shape, drawn.dtype) == ((280, 280, 4), np.uint8)
    ink = drawn[..., 0] > 127
    assert not ink[[0, -1]].any()
    assert not ink[:, [0, -1]].any()
    rows = np.flatnonzero(ink.any(axis=1))
    assert rows[-1] - rows[0] + 1 == pytest.approx((200 if condition.large else 100) + condition.pen_width, abs=2)
    middle = (rows[0] + rows[-1]) / 2
    assert abs(middle - 139.5) < 1 if condition.large else abs(middle - 139.5) > 60
    assert to_digit(drawn).image.max() > 0.5


def test_there_are_six_conditions() -> None:
    assert [condition.name for condition in CONDITIONS] == [
        "large-centred-pen-8", "large-centred-pen-14", "large-centred-pen-20",
        "small-off-centre-pen-8", "small-off-centre-pen-14", "small-off-centre-pen-20",
    ]  # fmt: skip
