"""An image moved, turned and scaled, in one step or over a whole range of steps. No TensorFlow here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from scipy import ndimage


class Range(NamedTuple):
    """What a dial may do: from `low` to `high`; at `neutral` the image stays as it is."""

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
"""The named argument of `moved` -> its range: pixels, pixels, degrees counter-clockwise, a factor."""


def moved(
    image: np.ndarray, *, right: float = 0.0, down: float = 0.0, degrees: float = 0.0, scale: float = 1.0
) -> np.ndarray:
    """`image` scaled and turned about its middle, then moved, in one step; bilinear between pixels, black outside.

    Args:
        image: float (height, width, channels) in 0..1.
        right, down: pixels; negative: to the left, up.
        degrees: counter-clockwise as one sees it; negative: clockwise.
        scale: a factor above 0. Where it shrinks, the image is smoothed first, so that no stroke falls between pixels.

    Returns:
        float32, of the same shape and range.
    """
    turned = np.deg2rad(degrees)
    # SciPy asks for each pixel of the result where it comes from, in (row, column): the way back.
    back = np.array([[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]]) / scale
    middle = (np.array(image.shape[:2]) - 1) / 2
    offset = middle - back @ (middle + np.array([down, right]))
    blur = max(1 / scale - 1, 0) / 2
    result = np.empty(image.shape, np.float32)
    for channel in range(image.shape[2]):
        plane = image[:, :, channel].astype(float)
        smooth = ndimage.gaussian_filter(plane, blur, mode="constant")
        result[:, :, channel] = ndimage.affine_transform(smooth, back, offset, order=1, mode="grid-constant")
    return result.clip(0, 1)


def sweep(image: np.ndarray, kind: str, count: int = 41) -> tuple[np.ndarray, np.ndarray]:
    """`image` at `count` settings of one dial, evenly over the whole of `RANGES[kind]`.

    Returns:
        The settings, float64 (count,), and the images, float32 (count, height, width, channels).
    """
    values = np.linspace(RANGES[kind].low, RANGES[kind].high, count)
    return values, np.stack([moved(image, **{kind: float(value)}) for value in values])
