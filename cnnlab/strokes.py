"""Digits written with a pen, as strokes: reading them, and drawing them as the canvas does.

The format is UNIPEN's, as the "Pen-Based Recognition of Handwritten Digits" data of UCI use it: segments with a label,
a comment with digit, writer and running number, and the points between pen-down and pen-up; y grows upwards.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from cnnlab.errors import CNNLabError
from cnnlab.marks import N_

FINER = 2
"""Strokes are drawn so many times larger and then shrunk, which smooths their edges as a browser does."""
_SEGMENT = re.compile(r'\.SEGMENT\s+DIGIT\s.*?"(\d)"')


@dataclass(frozen=True, eq=False)
class Writing:
    """One digit as somebody wrote it.

    Attributes:
        label: 0 to 9.
        writer: who wrote it, a number.
        strokes: each float64 (points, 2), x to the right and y downwards, in any unit.
    """

    label: int
    writer: int
    strokes: tuple[np.ndarray, ...]


def read_strokes(path: Path) -> list[Writing]:
    """All digits of a file (plain or gzip).

    Raises:
        CNNLabError: the file cannot be read, or there is no digit in it.
    """
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("ascii", "replace")
    except (OSError, EOFError) as error:
        raise CNNLabError(N_("The file {path} cannot be read: {reason}."), path=str(path), reason=str(error)) from error
    found = []
    for segment in re.split(r"(?=^\.SEGMENT)", text, flags=re.MULTILINE)[1:]:
        label = _SEGMENT.match(segment)
        comment = re.search(r"^\.COMMENT\s+\d+\s+(\d+)", segment, re.MULTILINE)
        strokes = [_points(part.split(".PEN_UP")[0]) for part in segment.split(".PEN_DOWN")[1:]]
        strokes = [points for points in strokes if len(points)]
        if label and comment and strokes:
            found.append(Writing(int(label[1]), int(comment[1]), tuple(strokes)))
    if not found:
        raise CNNLabError(
            N_("There is no digit in {path}."),
            N_('Expected strokes in UNIPEN\'s form: .SEGMENT DIGIT … "label", .PEN_DOWN, points, .PEN_UP.'),
            path=str(path),
        )
    return found


def _points(text: str) -> np.ndarray:
    numbers = np.array(text.split(), dtype=float).reshape(-1, 2)
    return numbers * [1, -1]


def placed(strokes: tuple[np.ndarray, ...], side: float, corner: tuple[float, float]) -> list[np.ndarray]:
    """The strokes scaled so that their longer side is `side`, with the upper left of their box at `corner` (x, y)."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    factor = side / max(float((high - low).max()), 1e-9)
    return [(stroke - low) * factor + corner for stroke in strokes]


def rendered(strokes: list[np.ndarray], side: int, width: float) -> np.ndarray:
    """Draw strokes with a round white pen on a black square.

    Args:
        strokes: each (points, 2), in pixels of the square.
        side: the square's, in pixels.
        width: the pen's, in pixels.

    Returns:
        float32 (side, side), 0 to 1.
    """
    canvas = Image.new("L", (side * FINER, side * FINER))
    pen, radius = ImageDraw.Draw(canvas), width * FINER / 2
    for stroke in strokes:
        points = [(float(x) * FINER, float(y) * FINER) for x, y in stroke]
        if len(points) > 1:
            pen.line(points, fill=255, width=max(round(2 * radius), 1), joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    small = canvas.resize((side, side), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / 255


SIDE = 280
"""Pixels of the canvas on which the conditions are drawn."""
PEN_WIDTHS = (8, 14, 20)
"""Those that the app's canvas offers, in pixels."""
LARGE, SMALL = 200, 100
"""Pixels of a digit's longer side."""


@dataclass(frozen=True)
class Condition:
    """A way to write on the canvas: large in the middle, or small in a corner."""

    large: bool
    pen_width: int

    @property
    def name(self) -> str:
        return f"{'large-centred' if self.large else 'small-off-centre'}-pen-{self.pen_width}"


CONDITIONS = tuple(Condition(large, width) for large in (True, False) for width in PEN_WIDTHS)
"""The conditions under which reading is measured."""


def written(writing: Writing, condition: Condition, seed: int) -> np.ndarray:
    """A digit on the canvas under a condition: uint8 (SIDE, SIDE, 4). `seed` chooses the corner of a small one."""
    side = LARGE if condition.large else SMALL
    extent = np.ptp(np.concatenate(writing.strokes), axis=0)
    extent = extent * (side / max(float(extent.max()), 1e-9))
    if condition.large:
        corner = (SIDE - extent) / 2
    else:
        margin = condition.pen_width / 2 + 2
        far = np.random.default_rng(seed).integers(0, 2, 2).astype(bool)
        corner = np.where(far, SIDE - margin - extent, margin)
    ink = rendered(placed(writing.strokes, side, (corner[0], corner[1])), SIDE, condition.pen_width)
    grey = (ink * 255).round().astype(np.uint8)
    return np.dstack([grey, grey, grey, np.full_like(grey, 255)])
