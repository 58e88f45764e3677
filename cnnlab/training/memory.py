"""How much memory a training needs, before it begins. Plain arithmetic over the layers; psutil says what there is."""

from __future__ import annotations

import math

import psutil

from cnnlab.datasets import DATASETS
from cnnlab.errors import TrainingError
from cnnlab.marks import N_
from cnnlab.network.shapes import summarize
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec

NUMBER = 4
"""Bytes of a float32."""
COPIES = {"SGD": 3, "RMSprop": 4, "Adam": 5, "AdamW": 5}
"""Of every parameter: the weight, its gradient, the optimizer's own, and one while a checkpoint is written."""
PASSES = 2.5
"""A layer's outputs are kept for the way back, which makes a gradient of the same size, and scratch space."""
IMAGE_COPIES = 2
"""As whole numbers with their float32 form, and a batch's shuffled copy of those."""
BASE = 700_000_000
"""TensorFlow itself."""


def needed(network: NetworkSpec, training: TrainingSpec) -> int:
    """Bytes, within a factor of two: for refusing what is far too large, not for fitting something in."""
    summary = summarize(network)
    outputs = sum(math.prod(row.output_shape) for row in summary.rows if row.output_shape)
    info = DATASETS[training.dataset]
    images = (training.train_size or info.train_size) + info.test_size
    return round(
        BASE
        + NUMBER * COPIES[training.optimizer] * summary.parameters
        + NUMBER * PASSES * training.batch_size * outputs
        + NUMBER * IMAGE_COPIES * images * math.prod(info.input_shape)
    )


def check(network: NetworkSpec, training: TrainingSpec, available: int | None = None) -> None:
    """See that a training fits into this machine's memory, `available` bytes of it (None: what is free now).

    Raises:
        TrainingError: it does not; says how much it needs, and what would help.
    """
    room = psutil.virtual_memory().available if available is None else available
    bytes_needed = needed(network, training)
    if bytes_needed > room:
        raise TrainingError(
            N_(
                "This training needs about {needed:,.1f} GB of memory ({parameters:,} parameters, batches of {batch:,} "
                "images), but this machine has {room:,.1f} GB left."
            ),
            N_("Use a smaller batch, fewer filters or units, or pooling earlier in the network."),
            needed=bytes_needed / 1e9,
            parameters=summarize(network).parameters,
            batch=training.batch_size,
            room=room / 1e9,
        )
