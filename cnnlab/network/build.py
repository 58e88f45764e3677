"""NetworkSpec -> keras.Model, compiled as a TrainingSpec says. Needs TensorFlow, so only workers and scripts use it."""

from __future__ import annotations

from typing import Any

import keras

from cnnlab.network.layers import Layer
from cnnlab.network.shapes import keras_names
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec


def build(network: NetworkSpec) -> keras.Sequential:
    """The Keras model of a network that `shapes.check` accepted; input float32 (batch, height, width, channels)."""
    model = keras.Sequential([keras.Input(network.input_shape)])
    for layer, name in zip(network.layers, keras_names(network), strict=True):
        model.add(keras_layer(layer, name))
    return model


def keras_layer(layer: Layer, name: str) -> keras.layers.Layer:
    """The Keras layer of the same kind, with the same arguments."""
    return getattr(keras.layers, layer.kind)(**layer.arguments(), name=name)


def compile_model(model: keras.Model, training: TrainingSpec) -> None:
    """Give `model` its optimizer, loss and the accuracy metric."""
    model.compile(optimizer=optimizer(training), loss=training.loss, metrics=["accuracy"])


def optimizer(training: TrainingSpec) -> keras.optimizers.Optimizer:
    """The optimizer with those of the settings that it has."""
    extra: dict[str, dict[str, Any]] = {
        "SGD": {"momentum": training.momentum},
        "RMSprop": {"momentum": training.momentum},
        "AdamW": {"weight_decay": training.weight_decay},
    }
    make = getattr(keras.optimizers, training.optimizer)
    return make(learning_rate=training.learning_rate, **extra.get(training.optimizer, {}))
