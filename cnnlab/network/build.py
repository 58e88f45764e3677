"""NetworkSpec -> keras.Model, compiled as a TrainingSpec says. Needs TensorFlow, so only workers and scripts use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from cnnlab.network.kernels import begun
from cnnlab.network.layers import Conv2D, Layer
from cnnlab.network.shapes import keras_names
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.schedule import keras_schedule
from cnnlab.training.spec import Precision, TrainingSpec


def build(network: NetworkSpec, precision: Precision = "float32") -> keras.Sequential:
    """The Keras model of a network that `shapes.check` accepted; input float32 (batch, height, width, channels).

    Args:
        precision: with mixed_bfloat16, layers compute in bfloat16 and keep their weights in float32; the last one,
            which answers, stays in full precision.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        return _built(network)
    finally:
        keras.config.set_dtype_policy(before)


def _built(network: NetworkSpec) -> keras.Sequential:
    model = keras.Sequential([keras.Input(network.input_shape)])
    for layer, name in zip(network.layers, keras_names(network), strict=True):
        model.add(keras_layer(layer, name))
    if model.layers:
        # Probabilities in bfloat16 would be rounded to three digits.
        model.layers[-1].dtype_policy = "float32"
    # Once every layer has drawn its random start, so that the other filters' is as without hand-designed kernels.
    for layer, made in zip(network.layers, model.layers, strict=True):
        if isinstance(layer, Conv2D) and layer.kernels:
            made.set_weights(begun(made.get_weights(), layer.kernels))
    return model


def give_weights(layers: Iterable[keras.layers.Layer], weights: Mapping[str, Sequence[np.ndarray]]) -> None:
    """Set the weights of Keras layers: layer name -> its arrays in Keras's order."""
    for layer in layers:
        if layer.weights:
            layer.set_weights(weights[layer.name])


def keras_layer(layer: Layer, name: str) -> keras.layers.Layer:
    """The Keras layer of the same kind, with the same arguments; without hand-designed kernels."""
    return getattr(keras.layers, layer.kind)(**layer.arguments(), name=name)


def compile_model(model: keras.Model, training: TrainingSpec, steps: int) -> None:
    """Give `model` its optimizer, loss and the accuracy metric; `steps` steps make an epoch."""
    model.compile(
        optimizer=optimizer(training, steps),
        loss=training.loss,
        metrics=["accuracy"],
        steps_per_execution=min(training.steps_per_execution, steps),
    )


def optimizer(training: TrainingSpec, steps: int) -> keras.optimizers.Optimizer:
    """The optimizer with those of the settings that it has, and the learning rate or its schedule."""
    rate: Any = training.learning_rate
    schedule = keras_schedule(training, steps)
    if schedule:
        name, arguments = schedule
        rate = getattr(keras.optimizers.schedules, name)(**arguments)
    return getattr(keras.optimizers, training.optimizer)(learning_rate=rate, **training.optimizer_arguments)
