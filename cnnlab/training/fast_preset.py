"""The fast preset: settings that reach a network's accuracy in a fraction of the time. Plain arithmetic.

A larger batch keeps the cores busy; the learning rate warms up in the first epoch and follows a cosine decay (Goyal and
others, 2017; Loshchilov and Hutter, 2016), so that a few epochs are enough; bfloat16 is used where the CPU supports it.
"""

from __future__ import annotations

import math

from cnnlab.datasets import DATASETS, DatasetInfo
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training.recipes import MIN_STEPS
from cnnlab.training.spec import TrainingSpec

BATCH_SIZE = 256
PEAK_RATE = 0.004
"""Peak learning rate for `BATCH_SIZE`; it scales with the square root of the batch size."""
TOTAL_STEPS = 900
"""Number of steps in total, for any number of steps per epoch."""
MIN_EPOCHS = 4
FIELDS = (
    "optimizer", "learning_rate", "schedule", "warmup_epochs", "batch_size", "epochs", "early_stopping",
    "reduce_on_plateau", "precision", "steps_per_execution",
)  # fmt: skip
"""The fields that the preset changes."""

EXECUTION_SECONDS = 0.25
"""Maximum duration of one call into TensorFlow: charts get two points per second even on a machine half as fast."""
MIN_EPOCH_SECONDS = 2
"""Shorter epochs keep one step per call: more steps would save no time and hide the single batches."""
STEP_SECONDS, MULTIPLY_ADDS_PER_SECOND = 0.004, 30e9
"""Overhead of a step, and speed of two cores; measured with the recipes `full` and `conv-10`."""
TRAINING_FACTOR = 3
"""Cost of the forward and backward pass relative to the forward pass."""


def fast(network: NetworkSpec, training: TrainingSpec, dataset: DatasetInfo | None = None) -> TrainingSpec:
    """Return `training` with fast settings; data and seed are unchanged, and there are never more epochs.

    Args:
        dataset: the dataset that `training` names; None for a built-in one.
    """
    images = _train_images(training, dataset or DATASETS[training.dataset])
    batch = max(min(BATCH_SIZE, images // MIN_STEPS), 1)
    steps = -(-images // batch)
    return training.replace(
        optimizer="Adam",
        learning_rate=float(f"{PEAK_RATE * math.sqrt(batch / BATCH_SIZE):.2g}"),
        schedule="cosine",
        warmup_epochs=1.0,
        batch_size=batch,
        epochs=min(max(-(-TOTAL_STEPS // steps), MIN_EPOCHS), training.epochs),
        early_stopping=False,
        reduce_on_plateau=False,
        precision="mixed_bfloat16",
        steps_per_execution=_steps_per_execution(network, batch, steps),
    )


def _train_images(training: TrainingSpec, dataset: DatasetInfo) -> int:
    """Return the approximate number of training images; ignores a choice of classes."""
    count, held_out = training.train_size or dataset.train_size, training.validation_split
    if dataset.validation_size:
        held_out = dataset.validation_size / dataset.train_size
    return count if training.validation == "test" else round(count * (1 - held_out))


def _steps_per_execution(network: NetworkSpec, batch: int, steps: int) -> int:
    """Return the number of steps per call into TensorFlow."""
    step = STEP_SECONDS + TRAINING_FACTOR * batch * summarize(network).multiply_adds / MULTIPLY_ADDS_PER_SECOND
    return 1 if steps * step < MIN_EPOCH_SECONDS else max(min(int(EXECUTION_SECONDS / step), steps), 1)
