"""Read images from a table of text: a row per image with its label first or last, as Kaggle publishes MNIST."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.image_sets.arrays import LabeledArray, to_images, to_source
from cnnlab.datasets.image_sets.source import Source, too_large, unreadable
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings

LabelColumn = Literal["first", "last"]
LABEL_NAMES = frozenset(("label", "labels", "class", "target", "y", "category"))
_EXPECTED = N_("Expected a row per image: its label and the pixels of a square image, separated by commas.")
_ROWS = 1_000
_MAX_LINE = 2_000_000


class LabelColumnUnclearError(DatasetError):
    """Both the first and the last column of a table could be the labels."""


@contextmanager
def opened(path: Path, settings: Settings, label_column: LabelColumn | None = None) -> Iterator[Source]:
    """Open a table as a source.

    Args:
        label_column: which column holds the labels; None: tell by the header and the values.

    Raises:
        DatasetError: the file is too large, or is not such a table.
        LabelColumnUnclearError: both columns could be the labels.
    """
    if (size := path.stat().st_size) > settings.image_set_bytes:
        raise too_large(path.name, size, settings.image_set_bytes)
    try:
        with path.open(encoding="utf-8-sig") as file:
            # Lines of limited length: a file without line breaks must not be read as one.
            labels, pixels = _read(path.name, iter(partial(file.readline, _MAX_LINE), ""), label_column)
    except UnicodeDecodeError as error:
        raise unreadable(path.name, error, _EXPECTED) from error
    images, notes = to_images(path.name, pixels)
    yield to_source(path.name, [LabeledArray(images, labels, None)], settings.image_set_classes, notes)


def _read(
    file: str, lines: Iterator[str], label_column: LabelColumn | None
) -> tuple[list[str], npt.NDArray[np.float32]]:
    first = _rows(file, lines, 1, most=1)
    columns = len(first[0]) if first else 0
    if math.isqrt(max(columns - 1, 0)) ** 2 != columns - 1 or columns < 2:
        raise DatasetError(
            N_("{file} has {columns} columns; a label and the pixels of a square image are, for example, 785 (28×28)."),
            _EXPECTED,
            file=file,
            columns=columns,
        )
    header = [] if _numbers(first[0][1:-1]) else first.pop()
    start = 1 if header else 0
    rows = first + _rows(file, lines, start + len(first) + 1)
    last = (label_column or _label_column(file, header, rows)) == "last"
    labels: list[str] = []
    parts: list[npt.NDArray[np.float32]] = []
    while rows:
        number = start + len(labels) + 1
        labels.extend(_label(row[-1 if last else 0]) for row in rows)
        parts.append(_pixels(file, [row[:-1] if last else row[1:] for row in rows], number, columns - 1))
        rows = _rows(file, lines, start + len(labels) + 1)
    if not labels:
        raise DatasetError(N_("{file} holds no images."), _EXPECTED, file=file)
    return labels, np.concatenate(parts)


def _rows(file: str, lines: Iterator[str], number: int, most: int = _ROWS) -> list[list[str]]:
    """Return the cells of the next lines, the first of which is row `number`. Empty lines are left out."""
    rows: list[list[str]] = []
    for line in itertools.islice(lines, most):
        if len(line) == _MAX_LINE:
            raise DatasetError(
                N_("{file}, row {row}: the line is too long."), _EXPECTED, file=file, row=number + len(rows)
            )
        if line.strip():
            separator = max(",;\t", key=line.count)
            rows.append([cell.strip().strip('"') for cell in line.rstrip("\r\n").split(separator)])
    return rows


def _pixels(file: str, rows: Sequence[Sequence[str]], first: int, columns: int) -> npt.NDArray[np.float32]:
    for number, row in enumerate(rows, start=first):
        if len(row) != columns or not _numbers(row):
            raise DatasetError(
                N_("{file}, row {row}: expected {columns} pixels as numbers beside the label."),
                _EXPECTED,
                file=file,
                row=number,
                columns=columns,
            )
    return np.array(rows, dtype=np.float32)


def _label_column(file: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> LabelColumn:
    """Tell the column of labels by its name, by text in it, or since the other one is a pixel that never changes."""
    named = [bool(header) and header[at].lower() in LABEL_NAMES for at in (0, -1)]
    texts = [not _numbers([row[at] for row in rows]) for at in (0, -1)]
    varying = [len({row[at] for row in rows}) > 1 for at in (0, -1)]
    for first, last in (named, texts, varying):
        if first != last:
            return "first" if first else "last"
    raise LabelColumnUnclearError(
        N_("{file}: the labels could be in the first or in the last column."),
        N_('Say which: label_column="first" or label_column="last".'),
        file=file,
    )


def _label(cell: str) -> str:
    """Return a label as text; whole numbers without decimals."""
    return str(int(float(cell))) if _numbers([cell]) and float(cell).is_integer() else cell


def _numbers(cells: Sequence[str]) -> bool:
    try:
        return bool(np.isfinite(np.array(cells, dtype=np.float32)).all())
    except ValueError:
        return False
