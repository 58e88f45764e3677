"""Convolution and pooling of a single image, and the computation of one output pixel.

"Convolution" in a CNN is correlation: the kernel is not flipped. Sizes and padding follow Keras ("same" puts an odd row
or column of zeros at the end); the size rules are those of `network.arithmetic`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network.arithmetic import Padding, Window

Pooling = Literal["max", "average"]


@dataclass(frozen=True)
class Pixel:
    """The computation of one output pixel.

    Attributes:
        corner: (row, column) of the patch's upper left pixel in the image; outside the image within the padding.
        patch: the image's values under the kernel, (height, width); zeros in the padding.
        products: patch times kernel, element by element.
        total: the sum of the products.
    """

    corner: tuple[int, int]
    patch: np.ndarray
    products: np.ndarray
    total: float


def correlate(image: np.ndarray, kernel: np.ndarray, window: Window, padding: Padding = "valid") -> np.ndarray:
    """Slide `kernel` (height, width) over `image` (height, width) and sum the products at every position.

    Args:
        window: strides and dilation; its size is that of `kernel`.

    Returns:
        float64 (output height, output width).

    Raises:
        CNNLabError: the kernel does not fit, or contains NaN or infinity.
    """
    if not np.isfinite(kernel).all():
        raise CNNLabError(N_("The kernel contains a value that is not a number."))
    result: np.ndarray = np.einsum("ijkl,kl->ij", _patches(image, window, padding), np.asarray(kernel, dtype=float))
    return result


def pixel(image: np.ndarray, kernel: np.ndarray, window: Window, padding: Padding, at: tuple[int, int]) -> Pixel:
    """Return the patch, products and sum of the output pixel `at` (row, column); arguments as for `correlate`."""
    patch = _patches(image, window, padding)[at]
    products = patch * kernel
    before = [window.total_padding(image.shape[axis], axis, padding) // 2 for axis in (0, 1)]
    row, column = (at[axis] * window.strides[axis] - before[axis] for axis in (0, 1))
    return Pixel((row, column), patch, products, float(products.sum()))


def pool(image: np.ndarray, window: Window, kind: Pooling, padding: Padding = "valid") -> np.ndarray:
    """Return the maximum or the mean of each window; padding does not count."""
    empty = np.nan if padding == "same" else 0.0
    patches = _patches(image, window, padding, empty)
    values: np.ndarray = (np.nanmax if kind == "max" else np.nanmean)(patches, axis=(2, 3))
    return values


def shift(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """Shift `image` by `down` and `right` pixels (negative: up, left) and fill with zeros."""
    height, width = image.shape
    down, right = int(np.clip(down, -height, height)), int(np.clip(right, -width, width))
    moved = np.zeros_like(image)
    moved[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = image[
        max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return moved


def difference(before: np.ndarray, after: np.ndarray) -> float:
    """Return how much a map changed, 0 (identical) to 1 (nothing in common): sum of changes over sum of both maps."""
    scale = np.abs(before).sum() + np.abs(after).sum()
    return float(np.abs(after - before).sum() / scale) if scale else 0.0


def _patches(image: np.ndarray, window: Window, padding: Padding, empty: float = 0.0) -> np.ndarray:
    """Return the window at each position: (output height, output width, window height, window width)."""
    pads = []
    for axis in (0, 1):
        if window.output(image.shape[axis], axis, padding) < 1:
            raise CNNLabError(
                N_("A window of {window} does not fit into an image of {image}."),
                N_("Use “same” padding or a smaller window."),
                window=f"{window.reach(0)}×{window.reach(1)}",
                image=f"{image.shape[0]}×{image.shape[1]}",
            )
        total = window.total_padding(image.shape[axis], axis, padding)
        pads.append((total // 2, total - total // 2))
    padded = np.pad(np.asarray(image, dtype=float), pads, constant_values=empty)
    reach = (window.reach(0), window.reach(1))
    down, right = window.strides
    views = sliding_window_view(padded, reach)[::down, ::right]
    return views[:, :, :: window.dilation[0], :: window.dilation[1]]


POOLING: Mapping[Pooling, str] = {"max": N_("Max pooling"), "average": N_("Average pooling")}
