"""Small photos of handwriting, drawn stroke by stroke."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from cnnlab.pretrain.pen_strokes import draw_strokes

SIDE = 400
Strokes = list[np.ndarray]


def arc(x: float, y: float, across: float, down: float, start: float, end: float) -> np.ndarray:
    """A part of an ellipse around (x, y), from one angle to another, in degrees; 0 is to the right, 90 is below."""
    angles = np.deg2rad(np.linspace(start, end, 40))
    return np.column_stack([x + across * np.cos(angles), y + down * np.sin(angles)])


def line(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, float)


DIGITS: dict[int, Strokes] = {
    0: [arc(30, 50, 28, 48, -90, 270)],
    1: [line((15, 22), (35, 0), (35, 100))],
    2: [np.concatenate([arc(30, 28, 26, 27, 190, 400), line((2, 98), (62, 96))])],
    4: [line((32, 0), (2, 62), (64, 62)), line((46, 30), (44, 100))],
    5: [line((56, 2), (12, 2), (8, 44)), np.concatenate([line((8, 44)), arc(28, 66, 30, 32, -120, 140)])],
    7: [line((2, 4), (58, 2), (22, 100))],
}
"""Digits in a box of about 60 by 100."""


def ink(digits: Sequence[int], *, height: float = 150, left: float = 120, top: float = 110, pen: float = 12,
        gap: float = 0.6, side: int = SIDE) -> np.ndarray:  # fmt: skip
    """Draw digits next to each other, float (side, side), 0 to 1."""
    strokes: Strokes = []
    for digit in digits:
        strokes += [stroke * height / 100 + (left, top) for stroke in DIGITS[digit]]
        left += height * (0.6 + gap)
    return draw_strokes(strokes, side, pen)


def on_paper(written: np.ndarray, paper: float | np.ndarray = 0.93, pen: float = 0.15) -> np.ndarray:
    return np.asarray(paper * (1 - written) + pen * written)


def ruled(side: int = SIDE, spacing: int = 28, level: float = 0.55, slope: float = 0.02) -> np.ndarray:
    """Squared paper whose rules are two pixels wide and slightly turned."""
    y, x = np.indices((side, side))
    rules = ((y - slope * x) % spacing < 2) | ((x + slope * y) % spacing < 2)
    return np.where(rules, level, 0.93)


def on_desk(sheet: np.ndarray, desk: float = 0.2, edge: int = 45, angle: float = 5) -> np.ndarray:
    """Lay a sheet on a dark desk, slightly turned."""
    large = np.pad(sheet, edge, constant_values=-1)
    turned = ndimage.rotate(large, angle, reshape=False, order=0, cval=-1)
    return ndimage.gaussian_filter(np.where(turned < 0, desk, turned), 0.7)


def shadow(side: int = SIDE) -> np.ndarray:
    """A shadow with a hard edge over one corner."""
    y, x = np.indices((side, side))
    return 1 - 0.5 / (1 + np.exp((x + y - 0.7 * side) / 3.0))
