"""Run a traced network up to its class scores: the values before a final softmax or sigmoid. Needs TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from cnnlab.network.spec import NetworkSpec
from cnnlab.vision.feature_maps import TracedNetwork

PASS_THROUGH = ("Dropout", "GaussianNoise", "Flatten")
"""Layers that leave the values of a vector unchanged at inference time."""


def forward(traced: TracedNetwork, values: Any, start: int = 0, stop: int | None = None) -> Any:
    """Return the output of the layers `start` to `stop` (exclusive), without the final softmax or sigmoid."""
    bare = _output_activation(traced.network)
    for index, layer in list(enumerate(traced.layers))[start:stop]:
        if index != bare:
            values = layer(values, training=False)
        elif traced.network.layers[index].kind == "Dense":
            values = tf.matmul(values, layer.kernel)
            values = values if layer.bias is None else values + layer.bias
    return values


def _output_activation(network: NetworkSpec) -> int | None:
    """Return the index of the layer with the final softmax or sigmoid, or None."""
    for index, layer in reversed(list(enumerate(network.layers))):
        if layer.kind in PASS_THROUGH:
            continue
        if layer.kind in ("Dense", "Activation") and getattr(layer, "activation", None) in ("softmax", "sigmoid"):
            return index
        return None
    return None
