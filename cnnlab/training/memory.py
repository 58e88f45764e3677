"""Estimate the memory that training needs before it starts, from the layers, and compare it with the free memory."""

from __future__ import annotations

import math

import psutil

from cnnlab.datasets import DATASETS, DatasetInfo
from cnnlab.errors import TrainingError
from cnnlab.i18n.marks import N_
from cnnlab.network.summary import Summary
from cnnlab.training.spec import TrainingSpec

FLOAT_BYTES = 4
"""Size of a float32 in bytes."""
PARAMETER_COPIES = {"SGD": 3, "RMSprop": 4, "Adam": 5, "AdamW": 5}
"""Copies of every parameter: the weight, its gradient, the optimizer's state, and one while a checkpoint is written."""
OUTPUT_COPIES = 2.5
"""Copies of a layer's outputs: kept for the backward pass, their gradients, and scratch space."""
IMAGE_COPIES = 2
"""Copies of the images: uint8 and float32, and shuffled batches."""
BASE_BYTES = 700_000_000
"""Memory of TensorFlow itself, in bytes."""


def required_bytes(summary: Summary, training: TrainingSpec, dataset: DatasetInfo | None = None) -> int:
    """Return the required memory in bytes, within a factor of two: enough to refuse what is far too large.

    Args:
        dataset: the dataset that `training` names; None for a built-in one.
    """
    outputs = sum(math.prod(row.output_shape) for row in summary.rows if row.output_shape)
    info = dataset or DATASETS[training.dataset]
    images = (training.train_size or info.train_size) + info.test_size
    return round(
        BASE_BYTES
        + FLOAT_BYTES * PARAMETER_COPIES[training.optimizer] * summary.parameters
        + FLOAT_BYTES * OUTPUT_COPIES * training.batch_size * outputs
        + FLOAT_BYTES * IMAGE_COPIES * images * math.prod(info.input_shape)
    )


def check(
    summary: Summary, training: TrainingSpec, available: int | None = None, dataset: DatasetInfo | None = None
) -> None:
    """Check that training fits into `available` bytes of memory (None: the memory that is free now).

    Args:
        dataset: the dataset that `training` names; None for a built-in one.

    Raises:
        TrainingError: it does not; the error says how much it needs and what would help.
    """
    free = psutil.virtual_memory().available if available is None else available
    bytes_needed = required_bytes(summary, training, dataset)
    if bytes_needed > free:
        raise TrainingError(
            N_(
                "This training needs about {needed:,.1f} GB of memory ({parameters:,} parameters, batch size "
                "{batch:,}), but this machine has {free:,.1f} GB left."
            ),
            N_("Use a smaller batch, fewer filters or units, or pooling earlier in the network."),
            needed=bytes_needed / 1e9,
            parameters=summary.parameters,
            batch=training.batch_size,
            free=free / 1e9,
        )
