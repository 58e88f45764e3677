"""What convolution and pooling do to one picture, and the sum behind one pixel of the result.

"Convolution" in a CNN is correlation: the kernel is laid on the picture as it is. Sizes and the placing of zeros follow
Keras ("same" puts the odd row and column of zeros at the end); the size rules are those of `network.arithmetic`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.network.arithmetic import Padding, Window

Pooling = Literal["max", "average"]


@dataclass(frozen=True)
class Pixel:
    """How one output pixel came about.

    Attributes:
        corner: (row, column) in the picture of the patch's upper left pixel; negative or beyond where zeros were added.
        patch: the picture's values under the kernel, (height, width); zeros where they were added.
        products: patch times kernel.
        total: the sum of the products.
    """

    corner: tuple[int, int]
    patch: np.ndarray
    products: np.ndarray
    total: float


def correlate(image: np.ndarray, kernel: np.ndarray, window: Window, padding: Padding = "valid") -> np.ndarray:
    """Lay `kernel` (height, width) on every place of `image` (height, width) and sum the products.

    Args:
        window: the kernel's strides and dilation; its size is that of `kernel`.

    Returns:
        float64 (output height, output width).

    Raises:
        CNNLabError: the kernel does not fit, or holds what is no number.
    """
    if not np.isfinite(kernel).all():
        raise CNNLabError(N_("The kernel holds something that is no number; expected numbers only."))
    result: np.ndarray = np.einsum("ijkl,kl->ij", _patches(image, window, padding), np.asarray(kernel, dtype=float))
    return result


def pixel(image: np.ndarray, kernel: np.ndarray, window: Window, padding: Padding, at: tuple[int, int]) -> Pixel:
    """The patch, products and sum behind the output pixel `at` (row, column); arguments as for `correlate`."""
    patch = _patches(image, window, padding)[at]
    products = patch * kernel
    before = [window.total_padding(image.shape[axis], axis, padding) // 2 for axis in (0, 1)]
    row, column = (at[axis] * window.strides[axis] - before[axis] for axis in (0, 1))
    return Pixel((row, column), patch, products, float(products.sum()))


def pool(image: np.ndarray, window: Window, kind: Pooling, padding: Padding = "valid") -> np.ndarray:
    """The largest value, or the mean, of each window; zeros that were added do not count."""
    empty = np.nan if padding == "same" else 0.0
    patches = _patches(image, window, padding, empty)
    values: np.ndarray = (np.nanmax if kind == "max" else np.nanmean)(patches, axis=(2, 3))
    return values


def shift(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """`image` moved by so many pixels (negative: up, left); zeros come in, what leaves is lost."""
    height, width = image.shape
    down, right = int(np.clip(down, -height, height)), int(np.clip(right, -width, width))
    moved = np.zeros_like(image)
    moved[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = image[
        max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return moved


def difference(before: np.ndarray, after: np.ndarray) -> float:
    """How much a map changed, 0 (same) to 1 (nothing shared): the sum of changes over the sum of both maps."""
    scale = np.abs(before).sum() + np.abs(after).sum()
    return float(np.abs(after - before).sum() / scale) if scale else 0.0


def _patches(image: np.ndarray, window: Window, padding: Padding, empty: float = 0.0) -> np.ndarray:
    """What the window sees at each place: (output height, output width, window height, window width)."""
    pads = []
    for axis in (0, 1):
        if window.output(image.shape[axis], axis, padding) < 1:
            raise CNNLabError(
                N_("A window of {window} does not fit into a picture of {picture}."),
                N_("Use “same” padding or a smaller window."),
                window=f"{window.reach(0)}×{window.reach(1)}",
                picture=f"{image.shape[0]}×{image.shape[1]}",
            )
        total = window.total_padding(image.shape[axis], axis, padding)
        pads.append((total // 2, total - total // 2))
    padded = np.pad(np.asarray(image, dtype=float), pads, constant_values=empty)
    reach = (window.reach(0), window.reach(1))
    down, right = window.strides
    views = sliding_window_view(padded, reach)[::down, ::right]
    return views[:, :, :: window.dilation[0], :: window.dilation[1]]
