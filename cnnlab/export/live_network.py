"""Write a network as one binary message for the browser, and say which networks it cannot compute.

The message is a little-endian uint32 with the length of the head, the head (JSON), and the weights of all layers in
Keras's order, one after the other. The JavaScript that reads it is in `cnnlab/ui/components/live_network`.
"""

from __future__ import annotations

import json

import numpy as np

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import keras_names, summarize
from cnnlab.training.snapshots import Weights

MAX_PARAMETERS = 5_000_000
"""Maximum number of parameters of a network that the browser computes: 20 MB of float32."""
MAX_CHANGE = 0.001
"""By how much a probability may change at most when the weights are rounded to float16."""
SMALL_BYTES = 300_000
"""Weights up to this size as float32 are not worth rounding."""
TWINS = frozenset(
    {
        "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D",
        "GlobalMaxPooling2D", "BatchNormalization", "LayerNormalization", "Dropout", "SpatialDropout2D",
        "GaussianNoise", "Activation", "LeakyReLU", "Rescaling", "ZeroPadding2D", "Flatten", "Dense",
    }
)  # fmt: skip
"""The layers that `layers.js` there can compute."""


def check(network: NetworkSpec) -> None:
    """Check that the browser can compute the network.

    Raises:
        CNNLabError: it has too many parameters, or a layer that only Keras computes.
    """
    remedy = N_("The workers compute its predictions, after every stroke.")
    missing = next((layer for layer in network.layers if layer.kind not in TWINS), None)
    if missing:
        raise CNNLabError(N_("The browser cannot compute the layer {layer}."), remedy, layer=missing.title)
    parameters = summarize(network).parameters
    if parameters > MAX_PARAMETERS:
        raise CNNLabError(
            N_("This network is too large for the browser: {parameters:,} parameters; at most {most:,} fit."),
            remedy,
            parameters=parameters,
            most=MAX_PARAMETERS,
        )


def rounded(weights: Weights) -> Weights:
    """Return the weights rounded to float16, as float32; a number that is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return {
            name: tuple(array.astype(np.float16).astype(np.float32) for array in arrays)
            for name, arrays in weights.items()
        }


def equal(one: Weights, other: Weights) -> bool:
    """Return whether two weights of a network are the same numbers."""
    return all(
        np.array_equal(array, array_of_other)
        for name, arrays in one.items()
        for array, array_of_other in zip(arrays, other[name], strict=True)
    )


def write(key: str, network: NetworkSpec, weights: Weights, half: bool) -> bytes:
    """Return the message.

    Args:
        key: identifies the network and its weights, for the browser's cache.
        weights: layer name -> its arrays float32; see `training.snapshots`.
        half: whether to send the weights as float16.
    """
    layers = []
    arrays: list[np.ndarray] = []
    for layer, name in zip(network.layers, keras_names(network), strict=True):
        own = weights.get(name, ())
        layers.append({"kind": layer.kind, "options": layer.arguments(), "weights": [array.shape for array in own]})
        arrays.extend(own)
    head = {"key": key, "input_shape": network.input_shape, "half": half, "layers": layers}
    text = json.dumps(head, separators=(",", ":")).encode()
    form = "<f2" if half else "<f4"
    return b"".join([len(text).to_bytes(4, "little"), text, *(array.astype(form).tobytes() for array in arrays)])
