"""Switch filters of a network off, or flip their sign, by changing its weights. No TensorFlow here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import keras_names
from cnnlab.training.snapshots import Weights

EDITABLE = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Dense")
"""The layers with filters, or units, that can be changed."""


class FilterEdit(NamedTuple):
    """One changed filter.

    Attributes:
        layer: the name of its layer, which is one of `EDITABLE`.
        filter: its index among the layer's output channels.
        factor: what its kernel and bias are multiplied by; 0 switches it off, -1 flips its sign.
    """

    layer: str
    filter: int
    factor: float


def edited(network: NetworkSpec, weights: Weights, edits: Iterable[FilterEdit]) -> Weights:
    """Return the weights with all edits applied; arrays that do not change are shared."""
    kinds = dict(zip(keras_names(network), (layer.kind for layer in network.layers), strict=True))
    changed = dict(weights)
    for layer, index, factor in edits:
        arrays = changed[layer]
        # The 1×1 kernels of a separable convolution make its maps; its depthwise kernels are shared by all of them.
        shared = 1 if kinds[layer] == "SeparableConv2D" else 0
        is_depthwise = kinds[layer] == "DepthwiseConv2D"
        own = (_multiplied(array, index, factor, is_depthwise) for array in arrays[shared:])
        changed[layer] = (*arrays[:shared], *own)
    return changed


def _multiplied(array: np.ndarray, index: int, factor: float, is_depthwise: bool) -> np.ndarray:
    """Return an array whose last axis (in a depthwise kernel, the last two) counts the filters, one of them changed."""
    array = array.copy()
    filters = array.reshape(*array.shape[:2], -1) if is_depthwise and array.ndim == 4 else array
    filters[..., index] *= factor
    return array
