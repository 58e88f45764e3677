"""Build a Keras model from a NetworkSpec. Needs TensorFlow, so only workers and scripts use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np

from cnnlab.network.initial_kernels import with_initial_kernels
from cnnlab.network.layers import Conv2D, Layer
from cnnlab.network.precision import Precision
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import keras_names


def build(network: NetworkSpec, precision: Precision = "float32") -> keras.Sequential:
    """Return the Keras model of a network that `summary.check` accepted.

    Its input is float32 (batch, height, width, channels). Layers frozen by `network.start` are not trainable, but their
    weights are random until `initial_state.set_weights` sets them.

    Args:
        precision: with mixed_bfloat16, layers compute in bfloat16 and keep their weights in float32; the last layer
            stays in float32.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        return _build(network)
    finally:
        keras.config.set_dtype_policy(before)


def _build(network: NetworkSpec) -> keras.Sequential:
    model = keras.Sequential([keras.Input(network.input_shape)])
    for layer, name in zip(network.layers, keras_names(network), strict=True):
        model.add(keras_layer(layer, name))
    if model.layers:
        # bfloat16 would round the probabilities to three digits.
        model.layers[-1].dtype_policy = "float32"
    # Set the kernels only after all layers are initialized, so the random state of the other filters is unaffected.
    for layer, keras_layer_ in zip(network.layers, model.layers, strict=True):
        if isinstance(layer, Conv2D) and layer.kernels:
            keras_layer_.set_weights(with_initial_kernels(keras_layer_.get_weights(), layer.kernels))
    for index in network.frozen:
        model.layers[index].trainable = False
    return model


def assign_weights(layers: Iterable[keras.layers.Layer], weights: Mapping[str, Sequence[np.ndarray]]) -> None:
    """Set the weights of Keras layers: layer name -> its arrays in Keras's order."""
    for layer in layers:
        if layer.weights:
            layer.set_weights(weights[layer.name])


def keras_layer(layer: Layer, name: str) -> keras.layers.Layer:
    """Return the Keras layer with the same class and arguments, without hand-designed kernels."""
    return getattr(keras.layers, layer.kind)(**layer.arguments(), name=name)
