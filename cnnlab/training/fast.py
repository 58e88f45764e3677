"""Fast: settings that reach a network's accuracy in a fraction of the time. Plain arithmetic.

A larger batch keeps the cores busy; the learning rate that suits it rises in the first epoch and comes down on a cosine
(Goyal and others, 2017; Loshchilov and Hutter, 2016), so that a few epochs are enough; bfloat16 where the processor has
it.
"""

from __future__ import annotations

import math

from cnnlab.datasets import DATASETS
from cnnlab.network.recipes import LEAST_STEPS
from cnnlab.network.shapes import summarize
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec

BATCH = 256
RATE = 0.004
"""The peak for `BATCH`; a smaller batch has less, by the square root."""
STEPS = 900
"""So many make a training, whatever an epoch has."""
LEAST_EPOCHS = 4
FIELDS = (
    "optimizer", "learning_rate", "schedule", "warmup_epochs", "batch_size", "epochs", "early_stopping",
    "reduce_on_plateau", "precision", "steps_per_execution",
)  # fmt: skip
"""What is decided here; everything else stays as it is."""

EXECUTION_SECONDS = 0.25
"""What is trained in one go may take so long: a chart has two points a second even on a machine half as fast."""
SHORT_SECONDS = 2
"""An epoch that is shorter than this gains nothing, and would lose its single batches."""
STEP_SECONDS, MULTIPLY_ADDS_A_SECOND = 0.004, 30e9
"""What a step costs by itself, and how fast two cores are; found with `full` and `conv-10`."""
BACKWARD = 3
"""Forward and backward together cost about so many times the forward pass."""


def fast(network: NetworkSpec, training: TrainingSpec) -> TrainingSpec:
    """The same data and seed with quick settings; never more epochs than `training` has."""
    images = _images(training)
    batch = max(min(BATCH, images // LEAST_STEPS), 1)
    steps = -(-images // batch)
    return training.replace(
        optimizer="Adam",
        learning_rate=float(f"{RATE * math.sqrt(batch / BATCH):.2g}"),
        schedule="cosine",
        warmup_epochs=1.0,
        batch_size=batch,
        epochs=min(max(-(-STEPS // steps), LEAST_EPOCHS), training.epochs),
        early_stopping=False,
        reduce_on_plateau=False,
        precision="mixed_bfloat16",
        steps_per_execution=_together(network, batch, steps),
    )


def _images(training: TrainingSpec) -> int:
    """How many are trained on, about: a class filter is not counted."""
    count = training.train_size or DATASETS[training.dataset].train_size
    return count if training.validation == "test" else round(count * (1 - training.validation_split))


def _together(network: NetworkSpec, batch: int, steps: int) -> int:
    """How many steps are trained in one go."""
    step = STEP_SECONDS + BACKWARD * batch * summarize(network).multiply_adds / MULTIPLY_ADDS_A_SECOND
    return 1 if steps * step < SHORT_SECONDS else max(min(int(EXECUTION_SECONDS / step), steps), 1)
