"""How much strokes on a photo look like a written digit on paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from cnnlab.vision.photo_ink import Writing
from cnnlab.vision.photo_strokes import Group

MOST_PIECES = 4
"""Digits are rarely written in more pieces."""


def scored(group: Group, found: Writing, labels: np.ndarray, brightest: float) -> Group:
    """Return the group with its score: how much it looks like a written digit on paper."""
    height, width = found.ink.shape
    box, thin = group.box, group.thickness / group.box.longest
    even, paper = evenness(group, found, labels)
    paper /= brightest
    size = min(box.longest / (0.1 * max(height, width)), 1.0)
    outside = (box.top <= 1) + (box.left <= 1) + (box.bottom >= height - 1) + (box.right >= width - 1)
    score = group.level**0.5 * size * min(paper / 0.5, 1.0) ** 1.5 * 0.7**outside
    score *= float(np.clip((0.36 - thin) / 0.14, 0.1, 1))
    score *= even * _clearness(group, found, labels)
    if box.width > 3 * box.height:
        # A dash, or an edge.
        score *= 0.2
    if box.height > 14 * box.width:
        score *= 0.4
    if len(group.labels) > MOST_PIECES:
        score *= 0.3
    return replace(group, paper=paper, score=score)


def evenness(group: Group, found: Writing, labels: np.ndarray) -> tuple[float, float]:
    """Return whether the paper is as bright on one side of the strokes as on the other (0 to 1), and its brightness.

    At the edge of a sheet, or of a shadow, it is not.
    """
    box, reach = group.box, 6
    rows = slice(max(box.top - reach, 0), box.bottom + reach)
    columns = slice(max(box.left - reach, 0), box.right + reach)
    mine = np.isin(labels[rows, columns], group.labels)
    square = np.ones((3, 3))
    near = ndimage.binary_dilation(mine, square, iterations=2)
    around = ndimage.binary_dilation(near, square, iterations=3) & ~near & (labels[rows, columns] == 0)
    if around.sum() < 10:
        return 0.3, 0.0
    light = found.light[rows, columns]
    weight = ndimage.gaussian_filter(around.astype(np.float32), 1.5)
    mean = ndimage.gaussian_filter(light * around, 1.5) / np.maximum(weight, 1e-6)
    # From a pixel at one side of a stroke, this reaches the paper on the other side.
    window = 2 * min(int(np.ceil(group.thickness)) + 7, 50) + 1
    highest = ndimage.maximum_filter(np.where(around, mean, -1), window)[mine]
    lowest = ndimage.minimum_filter(np.where(around, mean, 2), window)[mine]
    known = highest > 0
    ratio = float(np.median(lowest[known] / highest[known])) if known.any() else 0.0
    middle = float(np.median(light[around]))
    # A narrow strip of a dark desk is not as bright as the sheet beside it, which counts as its paper.
    ratio = min(ratio, middle / max(float(np.median(found.paper[rows, columns][around])), 1e-6) / 0.9)
    return float(np.clip((ratio - 0.5) / 0.3, 0.05, 1)), middle


def _clearness(group: Group, found: Writing, labels: np.ndarray) -> float:
    """Return 1 if there is little other ink around the group, less in the grain of a desk."""
    box = group.box
    reach = box.longest // 2
    rows = slice(max(box.top - reach, 0), box.bottom + reach)
    columns = slice(max(box.left - reach, 0), box.right + reach)
    other = (found.ink[rows, columns] > 0) & ~np.isin(labels[rows, columns], group.labels)
    return float(np.clip((0.35 - other.mean()) / 0.25, 0.1, 1))
