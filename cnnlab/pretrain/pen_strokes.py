"""Read digits written with a pen as strokes, and draw them as the canvas does.

The format is UNIPEN as in UCI's "Pen-Based Recognition of Handwritten Digits": segments with a label, a comment with
digit, writer and sequence number, and points between pen-down and pen-up; y points upward.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.vision.digit_preprocessing import PEN_WIDTHS

SUPERSAMPLING = 2
"""Strokes are drawn this many times larger and then scaled down, for smooth edges as in a browser."""
_SEGMENT = re.compile(r'\.SEGMENT\s+DIGIT\s.*?"(\d)"')


@dataclass(frozen=True, eq=False)
class PenDigit:
    """One digit written with a pen.

    Attributes:
        label: 0 to 9.
        writer: number of the writer.
        strokes: each float64 (points, 2), x to the right and y downward, in any unit.
    """

    label: int
    writer: int
    strokes: tuple[np.ndarray, ...]


def read_strokes(path: Path) -> list[PenDigit]:
    """Return all digits of a file (plain or gzip).

    Raises:
        CNNLabError: the file cannot be read, or contains no digit.
    """
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("ascii", "replace")
    except (OSError, EOFError) as error:
        raise CNNLabError(N_("The file {path} cannot be read: {reason}."), path=str(path), reason=str(error)) from error
    digits = []
    for segment in re.split(r"(?=^\.SEGMENT)", text, flags=re.MULTILINE)[1:]:
        label = _SEGMENT.match(segment)
        comment = re.search(r"^\.COMMENT\s+\d+\s+(\d+)", segment, re.MULTILINE)
        strokes = [_points(part.split(".PEN_UP")[0]) for part in segment.split(".PEN_DOWN")[1:]]
        strokes = [points for points in strokes if len(points)]
        if label and comment and strokes:
            digits.append(PenDigit(int(label[1]), int(comment[1]), tuple(strokes)))
    if not digits:
        raise CNNLabError(
            N_("There is no digit in {path}."),
            N_('Expected strokes in UNIPEN\'s form: .SEGMENT DIGIT … "label", .PEN_DOWN, points, .PEN_UP.'),
            path=str(path),
        )
    return digits


def _points(text: str) -> np.ndarray:
    numbers = np.array(text.split(), dtype=float).reshape(-1, 2)
    return numbers * [1, -1]


def scale_strokes(strokes: tuple[np.ndarray, ...], side: float, corner: tuple[float, float]) -> list[np.ndarray]:
    """Scale strokes so that the longer side of their box is `side` and its upper left corner is `corner` (x, y)."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    factor = side / max(float((high - low).max()), 1e-9)
    return [(stroke - low) * factor + corner for stroke in strokes]


def draw_strokes(strokes: list[np.ndarray], side: int, width: float) -> np.ndarray:
    """Draw strokes with a round white pen on a black square.

    Args:
        strokes: each (points, 2), in pixels of the square.
        side: size of the square in pixels.
        width: width of the pen in pixels.

    Returns:
        float32 (side, side), 0 to 1.
    """
    canvas = Image.new("L", (side * SUPERSAMPLING, side * SUPERSAMPLING))
    pen, radius = ImageDraw.Draw(canvas), width * SUPERSAMPLING / 2
    for stroke in strokes:
        points = [(float(x) * SUPERSAMPLING, float(y) * SUPERSAMPLING) for x, y in stroke]
        if len(points) > 1:
            pen.line(points, fill=255, width=max(round(2 * radius), 1), joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    small = canvas.resize((side, side), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / 255


CANVAS_PX = 280
"""Size of the canvas."""
LARGE_PX, SMALL_PX = 200, 100
"""Longer side of a large and of a small digit."""


@dataclass(frozen=True)
class Condition:
    """How a digit is drawn on the canvas: large and centered, or small in a corner, and the pen's width."""

    large: bool
    pen_width: int

    @property
    def name(self) -> str:
        # Stored in `facts.json`, so the spelling is kept.
        return f"{'large-centred' if self.large else 'small-off-centre'}-pen-{self.pen_width}"


CONDITIONS = tuple(Condition(large, width) for large in (True, False) for width in PEN_WIDTHS)
"""The conditions under which the accuracy is measured."""


def draw_digit(digit: PenDigit, condition: Condition, seed: int) -> np.ndarray:
    """Draw a digit on the canvas: RGBA uint8 (CANVAS_PX, CANVAS_PX, 4). `seed` selects the corner of a small digit."""
    side = LARGE_PX if condition.large else SMALL_PX
    extent = np.ptp(np.concatenate(digit.strokes), axis=0)
    extent = extent * (side / max(float(extent.max()), 1e-9))
    if condition.large:
        corner = (CANVAS_PX - extent) / 2
    else:
        margin = condition.pen_width / 2 + 2
        far = np.random.default_rng(seed).integers(0, 2, 2).astype(bool)
        corner = np.where(far, CANVAS_PX - margin - extent, margin)
    ink = draw_strokes(scale_strokes(digit.strokes, side, (corner[0], corner[1])), CANVAS_PX, condition.pen_width)
    gray = (ink * 255).round().astype(np.uint8)
    return np.dstack([gray, gray, gray, np.full_like(gray, 255)])
