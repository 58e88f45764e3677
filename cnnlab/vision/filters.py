"""The kernels that a network has learned, as arrays that can be looked at. No TensorFlow: weights come as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlab.network.shapes import Row
from cnnlab.training.snapshots import Weights
from cnnlab.vision.kernels import resemblance

WITH_KERNELS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D")
MOST_UNITS = 256


@dataclass(frozen=True, eq=False)
class Filter:
    """One filter of a layer, through one input channel or the mean over all.

    Attributes:
        index: its place among the layer's filters.
        kernel: float (height, width).
        bias: 0 where the layer has none, or has it elsewhere (after the 1×1 kernels of a SeparableConv2D).
        mean, spread, norm: of all the filter's weights, every channel.
        like: the hand-designed kernel that it resembles most ("" for none), and the cosine with it.
    """

    index: int
    kernel: np.ndarray
    bias: float
    mean: float
    spread: float
    norm: float
    like: tuple[str, float]


def has_filters(row: Row, before: tuple[Row, ...]) -> bool:
    """Whether a layer's weights are pictures: those of a convolution, or of a Dense layer that sees the image."""
    if row.layer.kind in WITH_KERNELS:
        return True
    return row.layer.kind == "Dense" and all(earlier.layer.kind == "Flatten" for earlier in before)


def filters(row: Row, weights: Weights, input_shape: tuple[int, int, int], channel: int | None = None) -> list[Filter]:
    """The filters of a layer for which `has_filters` holds; at most `MOST_UNITS`.

    Args:
        channel: the input channel to look through; None: the mean over all. Depthwise kernels have but one.
    """
    arrays = weights[row.name]
    kernels = _as_kernels(row, arrays[0], input_shape)
    has_bias = arrays[-1].shape == kernels.shape[-1:] and row.layer.kind != "SeparableConv2D"
    biases = arrays[-1] if has_bias else np.zeros(kernels.shape[-1])
    found = []
    for index in range(min(kernels.shape[-1], MOST_UNITS)):
        whole = kernels[..., index]
        kernel = whole.mean(axis=2) if channel is None or whole.shape[2] == 1 else whole[:, :, channel]
        norm = float(np.linalg.norm(whole))
        found.append(
            Filter(
                index, kernel, float(biases[index]), float(whole.mean()), float(whole.std()), norm, resemblance(kernel)
            )
        )
    return found


def _as_kernels(row: Row, array: np.ndarray, input_shape: tuple[int, int, int]) -> np.ndarray:
    """(height, width, input channels, filters)."""
    if row.layer.kind == "Dense":
        return array.reshape(*input_shape, -1)
    if row.layer.kind == "Conv2D":
        return array
    # A depthwise kernel looks through one channel each: (height, width, channels, multiplier).
    height, width, channels, multiplier = array.shape
    return array.reshape(height, width, 1, channels * multiplier)
