"""Handwriting as others might have written it: variants of MNIST's digits and of pen strokes. No TensorFlow here.

Each variant is drawn at random from its own seed, so that it is the same however many processes make them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from scipy import ndimage

from cnnlab.drawing import prepare
from cnnlab.strokes import Writing, placed, rendered

CANVAS = 140
"""Pixels of the square on which variants of strokes are drawn: five times the picture, which is fine enough."""
WITHIN = 110
"""Pixels that a variant takes of it, the pen's width included."""
THINNEST, THICKEST = 0.03, 0.27
"""The pen's width as a share of the digit's longer side."""
AS_IT_IS = 0.3
"""The share of MNIST's digits that are left as they are: those that will be read are not distorted either."""
PROCESSES = 2
_CHUNK = 500


def stroke_variant(writing: Writing, seed: int) -> np.ndarray:
    """A written digit turned, sheared, stretched, bent and drawn with another pen: uint8 (28, 28), prepared."""
    random = np.random.default_rng(seed)
    points = np.concatenate(writing.strokes)
    middle, size = (points.min(axis=0) + points.max(axis=0)) / 2, max(float(np.ptp(points, axis=0).max()), 1e-9)
    matrix = _distortion(random, turn=9, shear=0.15, stretch=0.12)
    bend, phase = random.normal(0, 0.02, (2, 2)), random.uniform(0, 2 * np.pi, (2, 2))
    strokes = []
    for stroke in writing.strokes:
        at = (stroke - middle) / size
        waves = np.sin(np.pi * np.array([1, 2]) * at[:, np.newaxis, :] + phase)
        strokes.append((at + (waves * bend).sum(axis=2)) @ matrix.T)
    thickness = random.uniform(THINNEST, THICKEST)
    side = WITHIN / (1 + thickness)
    corner = (CANVAS - side) / 2
    drawn = rendered(placed(tuple(strokes), side, (corner, corner)), CANVAS, side * thickness)
    return _bytes(prepare(drawn).image)


def image_variant(image: np.ndarray, seed: int) -> np.ndarray:
    """A digit uint8 (28, 28) as it is, or turned, sheared, stretched and moved, with thicker or thinner strokes."""
    random = np.random.default_rng(seed)
    if random.random() < AS_IT_IS:
        return image
    ink = image.astype(np.float32) / 255
    kind = random.random()
    if kind < 0.15:
        ink = ndimage.grey_dilation(ink, footprint=[[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    elif kind < 0.25:
        thinner = ndimage.grey_erosion(ink, footprint=np.ones((2, 2)))
        # A stroke that was thin already would break.
        ink = thinner if thinner.max() > 0.6 and thinner.sum() > 0.25 * ink.sum() else ink
    matrix = _distortion(random, turn=7, shear=0.1, stretch=0.08)
    middle = (np.array(ink.shape) - 1) / 2
    offset = middle - matrix @ (middle + random.uniform(-0.7, 0.7, 2))
    return _bytes(ndimage.affine_transform(ink, matrix, offset, order=1))


def _distortion(random: np.random.Generator, turn: float, shear: float, stretch: float) -> np.ndarray:
    """A random (2, 2) matrix near the identity; spreads: degrees, a slope, a share."""
    angle, slope = np.deg2rad(random.normal(0, turn)), random.normal(0, shear)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix: np.ndarray = rotation @ np.array([[1, slope], [0, 1]]) @ np.diag(np.exp(random.normal(0, stretch, 2)))
    return matrix


def _bytes(image: np.ndarray) -> np.ndarray:
    return (image * 255).round().clip(0, 255).astype(np.uint8)


def many(variant: Callable[[Any, int], np.ndarray], originals: Iterable[Any], seed: int) -> np.ndarray:
    """One variant of each original, in order: uint8 (n, 28, 28). `seed` names the whole set."""
    originals = list(originals)
    seeds = np.random.default_rng(seed).integers(2**62, size=len(originals)).tolist()
    parts = [slice(start, start + _CHUNK) for start in range(0, len(originals), _CHUNK)]
    work = functools.partial(_some, variant)
    with ProcessPoolExecutor(PROCESSES) as pool:
        made = list(pool.map(work, [originals[part] for part in parts], [seeds[part] for part in parts]))
    return np.concatenate(made)


def _some(variant: Callable[[Any, int], np.ndarray], originals: list[Any], seeds: list[int]) -> np.ndarray:
    return np.stack([variant(original, seed) for original, seed in zip(originals, seeds, strict=True)])
