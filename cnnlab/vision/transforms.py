"""Shift, rotate and scale an image, once or over a range of values. No TensorFlow here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from scipy import ndimage


class Range(NamedTuple):
    """The range of a transform, from `low` to `high`; `neutral` leaves the image unchanged."""

    low: float
    high: float
    neutral: float


RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "right": Range(-10.0, 10.0, 0.0),
        "down": Range(-10.0, 10.0, 0.0),
        "degrees": Range(-180.0, 180.0, 0.0),
        "scale": Range(0.4, 1.6, 1.0),
    }
)
"""Keyword argument of `transform` -> its range: pixels, pixels, degrees counterclockwise, factor."""


def transform(
    image: np.ndarray, *, right: float = 0.0, down: float = 0.0, degrees: float = 0.0, scale: float = 1.0
) -> np.ndarray:
    """Scale and rotate `image` about its center, then shift it, in one step; bilinear, black outside.

    Args:
        image: float (height, width, channels) in 0..1.
        right, down: shift in pixels; negative: left, up.
        degrees: rotation, counterclockwise as seen; negative: clockwise.
        scale: factor above 0. A shrinking image is smoothed first, so that no stroke falls between pixels.

    Returns:
        float32 of the same shape and range.
    """
    angle = np.deg2rad(degrees)
    # SciPy maps each pixel of the result to its origin, in (row, column), so it needs the inverse transform.
    inverse = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / scale
    middle = (np.array(image.shape[:2]) - 1) / 2
    offset = middle - inverse @ (middle + np.array([down, right]))
    blur = max(1 / scale - 1, 0) / 2
    result = np.empty(image.shape, np.float32)
    for channel in range(image.shape[2]):
        plane = image[:, :, channel].astype(float)
        smooth = ndimage.gaussian_filter(plane, blur, mode="constant")
        result[:, :, channel] = ndimage.affine_transform(smooth, inverse, offset, order=1, mode="grid-constant")
    return result.clip(0, 1)


def sweep(image: np.ndarray, kind: str, count: int = 41) -> tuple[np.ndarray, np.ndarray]:
    """Transform `image` with `count` values of one argument, evenly spaced over `RANGES[kind]`.

    Returns:
        The values, float64 (count,), and the images, float32 (count, height, width, channels).
    """
    values = np.linspace(RANGES[kind].low, RANGES[kind].high, count)
    return values, np.stack([transform(image, **{kind: float(value)}) for value in values])
