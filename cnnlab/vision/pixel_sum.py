"""Compute one output value of a convolution layer as a sum over its input channels."""

from __future__ import annotations

import numpy as np

from cnnlab.network.arithmetic import Window
from cnnlab.network.layers import Conv2D, Layer
from cnnlab.vision.convolution import pixel


def channel_sums(
    layer: Layer, arrays: tuple[np.ndarray, ...], before: np.ndarray, at: tuple[int, int], index: int
) -> tuple[np.ndarray, float]:
    """Return what each input channel adds to the output of filter `index` at (row, column), before the activation.

    Args:
        layer: a Conv2D.
        arrays: its kernel (height, width, channels, filters) and bias.
        before: its input, float (height, width, channels).

    Returns:
        float64 (channels,), and the bias (0 if the layer has none).
    """
    assert isinstance(layer, Conv2D)
    window = Window(layer.kernel_size, layer.strides, layer.dilation_rate)
    kernel = arrays[0]
    sums = [
        pixel(before[:, :, k], kernel[:, :, k, index], window, layer.padding, at).total for k in range(before.shape[2])
    ]
    return np.array(sums), float(arrays[1][index]) if layer.use_bias else 0.0
