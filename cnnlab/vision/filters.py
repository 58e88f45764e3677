"""The filters that a network has learned, as arrays for display. Weights come as arrays: no TensorFlow here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlab.network.kernel_presets import most_similar
from cnnlab.network.summary import Row
from cnnlab.training.snapshots import Weights

CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D")
MAX_FILTERS = 256
"""Maximum number of filters to return."""


@dataclass(frozen=True, eq=False)
class Filter:
    """One filter of a layer, for one input channel or averaged over all.

    Attributes:
        index: its index among the layer's filters.
        kernel: float (height, width).
        bias: 0 if the layer has none, or adds it later (after the 1×1 kernels of a SeparableConv2D).
        mean, std, norm: statistics of all weights of the filter, over all channels.
        most_similar: the most similar hand-designed kernel ("" for none) and the cosine similarity.
    """

    index: int
    kernel: np.ndarray
    bias: float
    mean: float
    std: float
    norm: float
    most_similar: tuple[str, float]


def has_filters(row: Row, before: tuple[Row, ...]) -> bool:
    """Return whether a layer's weights can be shown as images: a convolution, or Dense on the flattened image."""
    if row.layer.kind in CONVOLUTIONS:
        return True
    return row.layer.kind == "Dense" and all(earlier.layer.kind == "Flatten" for earlier in before)


def filters(row: Row, weights: Weights, input_shape: tuple[int, int, int], channel: int | None = None) -> list[Filter]:
    """Return the filters of a layer for which `has_filters` is true; at most `MAX_FILTERS`.

    Args:
        channel: the input channel; None: the mean over all. Depthwise kernels have only one channel.
    """
    arrays = weights[row.name]
    kernels = _as_kernels(row, arrays[0], input_shape)
    has_bias = arrays[-1].shape == kernels.shape[-1:] and row.layer.kind != "SeparableConv2D"
    biases = arrays[-1] if has_bias else np.zeros(kernels.shape[-1])
    found = []
    for index in range(min(kernels.shape[-1], MAX_FILTERS)):
        whole = kernels[..., index]
        kernel = whole.mean(axis=2) if channel is None or whole.shape[2] == 1 else whole[:, :, channel]
        norm = float(np.linalg.norm(whole))
        found.append(
            Filter(
                index, kernel, float(biases[index]), float(whole.mean()), float(whole.std()), norm, most_similar(kernel)
            )
        )
    return found


def _as_kernels(row: Row, array: np.ndarray, input_shape: tuple[int, int, int]) -> np.ndarray:
    """Return the weights as (height, width, input channels, filters)."""
    if row.layer.kind == "Dense":
        return array.reshape(*input_shape, -1)
    if row.layer.kind == "Conv2D":
        return array
    # A depthwise kernel covers one channel: (height, width, channels, multiplier).
    height, width, channels, multiplier = array.shape
    return array.reshape(height, width, 1, channels * multiplier)
