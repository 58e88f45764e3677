"""Compile a Keras model with the training settings. Needs TensorFlow."""

from __future__ import annotations

from typing import Any

import keras

from cnnlab.training.schedule import keras_schedule
from cnnlab.training.spec import TrainingSpec


def compile_model(
    model: keras.Model, training: TrainingSpec, steps: int, shared: keras.optimizers.Optimizer | None = None
) -> None:
    """Compile `model` with an optimizer (`shared` or a new one), loss and accuracy, for `steps` steps per epoch."""
    model.compile(
        optimizer=shared or optimizer(training, steps),
        loss=training.loss,
        metrics=["accuracy"],
        steps_per_execution=min(training.steps_per_execution, steps),
    )


def optimizer(training: TrainingSpec, steps: int) -> keras.optimizers.Optimizer:
    """Return the optimizer with its settings and its learning rate or schedule."""
    rate: Any = training.learning_rate
    schedule = keras_schedule(training, steps)
    if schedule:
        name, arguments = schedule
        rate = getattr(keras.optimizers.schedules, name)(**arguments)
    return getattr(keras.optimizers, training.optimizer)(learning_rate=rate, **training.optimizer_arguments)
