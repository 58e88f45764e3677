"""Digits on photos of every kind, held against the same strokes on a clean canvas and against the built-in network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cnnlab.errors import CNNLabError
from cnnlab.evaluation.metrics import top_two
from cnnlab.runs import builtin
from cnnlab.training import snapshots
from cnnlab.vision.digit_preprocessing import prepare
from cnnlab.vision.feature_maps import TracedNetwork
from cnnlab.vision.photo_digits import Frame, PhotoDigits, find_digits
from tests.vision import photos
from tests.vision.photos import SIDE, ink, on_desk, on_paper, ruled, shadow

Read = Callable[[PhotoDigits], str]


@pytest.fixture(scope="module")
def read() -> Read:
    """Read digits with the built-in network: "10", and "?" for what it is not sure of."""
    folder = builtin.folder(builtin.ID)
    weights = snapshots.read(folder, snapshots.moments(folder)[-1])
    traced = TracedNetwork(builtin.run(builtin.ID).network)

    def said(found: PhotoDigits) -> str:
        digits = [one.prepared() for one in found.digits]
        images = np.stack([digit.image for digit in digits])[..., np.newaxis]
        answers = zip(digits, map(top_two, traced.probabilities(weights, images)), strict=True)
        return "".join(
            str(one.best) if one.confident and not digit.doubt_as(str(one.best)) else "?" for digit, one in answers
        )

    return said


NOISE = np.random.default_rng(5).normal(0, 0.01, (SIDE, SIDE))
LIT = np.linspace(0.95, 0.6, SIDE)[np.newaxis]
WRITTEN = {
    "a clean sheet": on_paper(ink([4])),
    "a dark desk": on_desk(on_paper(ink([4]))),
    "rules": on_paper(ink([4]), ruled()),
    "rules on a dark desk": on_desk(on_paper(ink([4], pen=9), ruled(level=0.65))),
    "the shadow of a corner": on_paper(ink([4])) * shadow(),
    "uneven light and noise": on_paper(ink([4])) * LIT + NOISE,
    "chalk on a board": 1 - on_paper(ink([4]), 0.85),
    "a thin line": on_paper(ink([4], height=300, left=80, top=40, pen=1.2)),
    "a pencil": on_paper(ink([4], pen=5), pen=0.7) + NOISE,
    "a small digit in a corner": on_paper(ink([4], height=40, left=345, top=350, pen=4)),
    "a digit at the edge": on_paper(ink([4], height=395, left=0, top=0, pen=26)),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_four_is_read_on(kind: str, read: Read) -> None:
    found = find_digits(WRITTEN[kind])
    assert read(found) == "4"
    assert found.dark_on_light is (kind != "chalk on a board")


def test_what_is_found_is_what_was_written() -> None:
    clean = prepare(ink([2]).astype(np.float32)).image
    for photo in (on_desk(on_paper(ink([2])), angle=0), on_paper(ink([2]), ruled()), on_paper(ink([2])) * shadow()):
        found = find_digits(photo).digits[0].prepared().image
        assert np.corrcoef(found.ravel(), clean.ravel())[0, 1] > 0.95


def test_thin_strokes_come_to_full_brightness() -> None:
    thin = find_digits(on_paper(ink([5], height=300, left=80, top=40, pen=1.2))).digits[0].prepared().image
    drawn = prepare(ink([5], height=200, left=80, top=40, pen=14).astype(np.float32)).image
    assert thin.max() == pytest.approx(drawn.max(), rel=0.1)
    assert thin.sum() == pytest.approx(drawn.sum(), rel=0.2)


def test_the_frame_is_around_what_was_found() -> None:
    found = find_digits(on_paper(ink([7])))
    left, top, right, bottom = np.array(found.digits[0].frame) * SIDE
    # The strokes go from (123, 113) to (207, 260), and the pen is 12 wide.
    assert [left, top, right, bottom] == pytest.approx([117, 107, 213, 266], abs=3)
    outer = found.frame
    assert outer.left < found.digits[0].frame.left and outer.bottom > found.digits[0].frame.bottom


def test_digits_are_read_one_by_one_from_left_to_right(read: Read) -> None:
    ten, more = (ink(digits, height=90, left=40, pen=8) for digits in ([1, 0], [7, 2, 5]))
    assert read(find_digits(on_paper(ten))) == "10"
    assert read(find_digits(on_desk(on_paper(more, ruled(level=0.7)), angle=-3))) == "725"
    assert read(find_digits(1 - on_paper(more, 0.85))) == "725"


def test_only_what_is_in_the_frame_is_read(read: Read) -> None:
    photo = on_paper(ink([7, 2], height=90, left=40, pen=8))
    assert read(find_digits(photo, frame=Frame(0.3, 0.1, 0.9, 0.9))) == "2"
    inside = find_digits(photo, frame=Frame(0.3, 0.1, 0.9, 0.9)).digits[0].frame
    assert list(inside) == pytest.approx(list(find_digits(photo).digits[1].frame), abs=0.01)


def test_one_row_is_read_and_another_mentioned(read: Read) -> None:
    above, below = (ink([digit], height=90, left=60, top=top, pen=8) for digit, top in ((7, 40), (2, 250)))
    both = find_digits(on_paper(np.maximum(above, below)))
    assert both.more
    assert read(both) in ("7", "2")
    assert not find_digits(on_paper(above)).more


def test_ones_that_touch_are_no_digit_for_sure(read: Read) -> None:
    touching = np.maximum(ink([1], pen=14), ink([1], left=120 + 35, pen=14))
    assert read(find_digits(on_paper(touching))) == "?"
    assert read(find_digits(1 - on_paper(touching, 0.9))) == "?"


def test_a_dot_is_said_to_be_one() -> None:
    y, x = np.indices((SIDE, SIDE))
    dot = (np.hypot(y - 200, x - 230) < 5).astype(float)
    (found,) = find_digits(on_paper(dot)).digits
    assert found.prepared().doubt == "dot"


@pytest.mark.parametrize(
    "blank",
    [
        np.full((SIDE, SIDE), 0.9),
        np.zeros((SIDE, SIDE)),
        0.9 * LIT * np.ones((SIDE, 1)) + NOISE,
        ruled(),
        0.9 * shadow() + NOISE,
        on_desk(np.full((SIDE, SIDE), 0.9)),
        np.full((1, 1), 0.5),
        np.full((3, 200, 3), 0.5),
    ],
    ids=["white", "black", "light", "rules", "shadow", "desk", "pixel", "strip"],
)
def test_a_blank_picture_has_no_writing(blank: np.ndarray) -> None:
    with pytest.raises(CNNLabError, match="No writing was found in this picture"):
        find_digits(blank)


def test_which_way_round_it_is_can_be_said(read: Read) -> None:
    photo = on_paper(ink([4]))
    assert read(find_digits(photo, dark_on_light=True)) == "4"
    with pytest.raises(CNNLabError, match="No writing"):
        find_digits(np.full((SIDE, SIDE), 0.9), dark_on_light=False)


def test_a_colored_pen_counts_by_its_strongest_channel(read: Read) -> None:
    written = ink([5])[:, :, np.newaxis]
    yellow_note, red = np.array([0.97, 0.9, 0.45]), np.array([0.75, 0.3, 0.25])
    assert read(find_digits(yellow_note * (1 - written) + red * written)) == "5"


def test_every_digit_of_the_tests_is_one() -> None:
    for digit in photos.DIGITS:
        assert prepare(ink([digit]).astype(np.float32)).doubt == ""
