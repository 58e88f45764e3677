"""Strokes on a photo, and which of them make one digit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from scipy.spatial import KDTree

MIN_SIDE = 8
"""Longer side of the smallest piece, in pixels of the photo."""
MAX_PIECES, MAX_POINTS = 60, 1000
"""How many pieces of a photo are looked at, and about how many pixels of a piece, to find its distance to others."""


class Box(NamedTuple):
    """A box on the photo, in pixels; `bottom` and `right` are outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def longest(self) -> int:
        return max(self.height, self.width)

    def joined(self, other: Box) -> Box:
        """Return the smallest box around both."""
        return Box(
            min(self.top, other.top), min(self.left, other.left),
            max(self.bottom, other.bottom), max(self.right, other.right),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Group:
    """Pieces that belong to one digit.

    Attributes:
        labels: their labels in the labels of `pieces`.
        level: usual contrast of the ink.
        thickness: width of the strokes in pixels.
        paper: brightness around it as a share of the brightest paper of the photo.
        score: how much it looks like a written digit, see `photo_scores`.
    """

    labels: tuple[int, ...]
    box: Box
    level: float
    thickness: float
    paper: float = 1.0
    score: float = 0.0


def pieces(ink: np.ndarray) -> tuple[np.ndarray, list[Group]]:
    """Return the connected strokes; of each, only what has at least a third of its usual contrast."""
    square = np.ones((3, 3))
    marks, count = ndimage.label(ink > 0, structure=square)
    levels = np.zeros(count + 1, np.float32)
    for label, box in enumerate(ndimage.find_objects(marks), 1):
        levels[label] = np.percentile(ink[box][marks[box] == label], 80)
    strong = (ink > 0.35 * levels[marks]) & (marks > 0)
    marks, count = ndimage.label(strong, structure=square)
    depth = ndimage.distance_transform_edt(strong)
    widths = 4 * ndimage.mean(depth, marks, np.arange(1, count + 1)) - 1
    found = []
    for label, box in enumerate(ndimage.find_objects(marks), 1):
        rows, columns = box
        where = Box(rows.start, columns.start, rows.stop, columns.stop)
        if where.longest >= MIN_SIDE and not _along_border(marks[box] == label, where, ink.shape):
            level = float(np.percentile(ink[box][marks[box] == label], 80))
            found.append(Group((label,), where, level, max(float(widths[label - 1]), 1.0)))
    found.sort(key=lambda piece: -piece.box.longest * piece.level)
    return marks, found[:MAX_PIECES]


def _along_border(mine: np.ndarray, box: Box, shape: tuple[int, ...]) -> bool:
    """Return whether a piece lies along the edge of the photo, as the desk beside a sheet does."""
    contacts = [
        mine[0].sum() if box.top == 0 else 0,
        mine[-1].sum() if box.bottom == shape[0] else 0,
        mine[:, 0].sum() if box.left == 0 else 0,
        mine[:, -1].sum() if box.right == shape[1] else 0,
    ]
    return bool(max(contacts) > 0.7 * box.longest)


def together(pieces: list[Group], labels: np.ndarray) -> list[Group]:
    """Put pieces together that make one digit, larger ones first."""
    edges = {piece.labels[0]: _points(piece, labels) for piece in pieces}
    groups: list[Group] = []
    for piece in pieces:
        near = next((k for k, group in enumerate(groups) if _same_digit(group, piece, edges)), None)
        if near is None:
            groups.append(piece)
        else:
            group = groups[near]
            joined = group.box.joined(piece.box)
            groups[near] = replace(group, labels=group.labels + piece.labels, box=joined)
    return groups


def _points(piece: Group, labels: np.ndarray) -> np.ndarray:
    """Return the pixels of a piece, or some of them if there are many, as (n, 2)."""
    box = piece.box
    found = np.argwhere(labels[box.top : box.bottom, box.left : box.right] == piece.labels[0])
    return np.asarray(found[:: max(len(found) // MAX_POINTS, 1)] + np.array([box.top, box.left]))


def _same_digit(group: Group, piece: Group, edges: dict[int, np.ndarray]) -> bool:
    """Return whether a piece, no larger than the group, is a part of the same digit."""
    mine, other = group.box, piece.box
    if other.longest < 0.15 * mine.longest or not 0.4 < piece.level / group.level < 2.5:
        return False
    if not 0.35 < piece.thickness / group.thickness < 2.8:
        return False
    overlap = min(mine.right, other.right) - max(mine.left, other.left)
    above = overlap >= 0.4 * min(mine.width, other.width)
    # Beside each other, only a stroke that almost touches belongs to the digit, unless it could be one itself.
    most = group.thickness + (0.25 * other.longest if above else 0.06 * mine.longest)
    if not above and other.height > 0.55 * mine.height:
        return False
    down = max(mine.top, other.top) - min(mine.bottom, other.bottom)
    if max(-overlap, down) > most:
        return False
    tree = KDTree(np.concatenate([edges[label] for label in group.labels]))
    return float(tree.query(edges[piece.labels[0]])[0].min()) <= most + 2
