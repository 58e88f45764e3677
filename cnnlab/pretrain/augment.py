"""Augment handwriting: random variants of MNIST digits and pen strokes. Does not need TensorFlow.

Each variant has its own seed, so that the result does not depend on the number of processes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from scipy import ndimage

from cnnlab.pretrain.pen_strokes import PenDigit, draw_strokes, scale_strokes
from cnnlab.vision.digit_preprocessing import prepare

CANVAS_PX = 140
"""Size of the square on which variants of strokes are drawn: five times the final image."""
DIGIT_PX = 110
"""Size of a variant on the canvas, including the pen's width."""
MIN_PEN_WIDTH, MAX_PEN_WIDTH = 0.03, 0.27
"""Pen width as a share of the digit's longer side."""
UNCHANGED_SHARE = 0.3
"""Share of MNIST digits that are not changed, since real digits are not distorted either."""
PROCESSES = 2
_CHUNK = 500


def stroke_variant(digit: PenDigit, seed: int) -> np.ndarray:
    """Rotate, shear, stretch and bend a digit, draw it with another pen, and preprocess it to uint8 (28, 28)."""
    random = np.random.default_rng(seed)
    points = np.concatenate(digit.strokes)
    center, size = (points.min(axis=0) + points.max(axis=0)) / 2, max(float(np.ptp(points, axis=0).max()), 1e-9)
    matrix = _distortion(random, turn=9, shear=0.15, stretch=0.12)
    bend, phase = random.normal(0, 0.02, (2, 2)), random.uniform(0, 2 * np.pi, (2, 2))
    strokes = []
    for stroke in digit.strokes:
        at = (stroke - center) / size
        waves = np.sin(np.pi * np.array([1, 2]) * at[:, np.newaxis, :] + phase)
        strokes.append((at + (waves * bend).sum(axis=2)) @ matrix.T)
    thickness = random.uniform(MIN_PEN_WIDTH, MAX_PEN_WIDTH)
    side = DIGIT_PX / (1 + thickness)
    corner = (CANVAS_PX - side) / 2
    drawn = draw_strokes(scale_strokes(tuple(strokes), side, (corner, corner)), CANVAS_PX, side * thickness)
    return _bytes(prepare(drawn).image)


def image_variant(image: np.ndarray, seed: int) -> np.ndarray:
    """Return a digit uint8 (28, 28) unchanged, or rotated, sheared, stretched, shifted, and thicker or thinner."""
    random = np.random.default_rng(seed)
    if random.random() < UNCHANGED_SHARE:
        return image
    ink = image.astype(np.float32) / 255
    kind = random.random()
    if kind < 0.15:
        ink = ndimage.grey_dilation(ink, footprint=[[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    elif kind < 0.25:
        thinner = ndimage.grey_erosion(ink, footprint=np.ones((2, 2)))
        # Do not thin strokes that would break.
        ink = thinner if thinner.max() > 0.6 and thinner.sum() > 0.25 * ink.sum() else ink
    matrix = _distortion(random, turn=7, shear=0.1, stretch=0.08)
    center = (np.array(ink.shape) - 1) / 2
    offset = center - matrix @ (center + random.uniform(-0.7, 0.7, 2))
    return _bytes(ndimage.affine_transform(ink, matrix, offset, order=1))


def _distortion(random: np.random.Generator, turn: float, shear: float, stretch: float) -> np.ndarray:
    """Return a random (2, 2) matrix near the identity.

    Args:
        turn, shear, stretch: standard deviations of the rotation (degrees), the slope and the log of the scale.
    """
    angle, slope = np.deg2rad(random.normal(0, turn)), random.normal(0, shear)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix: np.ndarray = rotation @ np.array([[1, slope], [0, 1]]) @ np.diag(np.exp(random.normal(0, stretch, 2)))
    return matrix


def _bytes(image: np.ndarray) -> np.ndarray:
    return (image * 255).round().clip(0, 255).astype(np.uint8)


def make_variants(variant: Callable[[Any, int], np.ndarray], originals: Iterable[Any], seed: int) -> np.ndarray:
    """Return one variant of each original, in order: uint8 (n, 28, 28). `seed` is the seed of the whole set."""
    originals = list(originals)
    seeds = np.random.default_rng(seed).integers(2**62, size=len(originals)).tolist()
    parts = [slice(start, start + _CHUNK) for start in range(0, len(originals), _CHUNK)]
    work = functools.partial(_make_chunk, variant)
    with ProcessPoolExecutor(PROCESSES) as pool:
        made = list(pool.map(work, [originals[part] for part in parts], [seeds[part] for part in parts]))
    return np.concatenate(made)


def _make_chunk(variant: Callable[[Any, int], np.ndarray], originals: list[Any], seeds: list[int]) -> np.ndarray:
    return np.stack([variant(original, seed) for original, seed in zip(originals, seeds, strict=True)])
