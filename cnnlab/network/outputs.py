"""Decide what a network's outputs are: probabilities, or scores that must not be shown as such.

The architecture decides, not the values: the outputs of a sigmoid can add up to 1 for one image and not for the next.
What is said about NaN and infinity is in `evaluation.not_finite`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np

from cnnlab.i18n.marks import N_
from cnnlab.network.layers import (
    Activation,
    AveragePooling2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    SpatialDropout2D,
)
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Row, summarize

OutputKind = Literal["probabilities", "independent", "scores"]
"""Probabilities add up to 1 (softmax). Independent scores are from 0 to 1, one per class (sigmoid). Other scores can be
any numbers, such as logits (linear)."""

NOTES: Mapping[OutputKind, str] = MappingProxyType(
    {
        "probabilities": "",
        "independent": N_(
            "The last layer has a sigmoid instead of softmax: each class has its own score from 0 to 1. The scores are "
            "no probabilities of the classes, since they need not add up to 1."
        ),
        "scores": N_(
            "The last layer has no softmax: its outputs are scores, not probabilities. The class with the highest "
            "score is the prediction."
        ),
    }
)
"""What to say about outputs of each kind; nothing about probabilities."""

NO_CLASS = -1
"""The predicted class if an output is NaN or infinite."""


@functools.lru_cache(maxsize=64)
def output_kind(network: NetworkSpec) -> OutputKind:
    """Return what the outputs of `network` are at inference time."""
    rows = summarize(network).rows
    activation = getattr(output_row(rows).layer, "activation", "linear") if rows else "linear"
    return {"softmax": "probabilities", "sigmoid": "independent"}.get(activation, "scores")  # type: ignore[return-value]


def output_row(rows: Sequence[Row]) -> Row:
    """Return the last layer that computes the outputs; the layers after it only pass them on."""
    return next((row for row in reversed(rows) if not _keeps_outputs(row)), rows[-1])


def _keeps_outputs(row: Row) -> bool:
    """Return whether a layer passes probabilities on at inference time, unchanged or averaged."""
    if isinstance(row.layer, Flatten):
        return row.input_shape is not None and math.prod(row.input_shape[:-1]) == 1
    if isinstance(row.layer, Activation):
        return row.layer.activation == "linear"
    kinds = Dropout | SpatialDropout2D | GaussianNoise | AveragePooling2D | GlobalAveragePooling2D
    return isinstance(row.layer, kinds)


def predicted_classes(outputs: np.ndarray) -> np.ndarray:
    """Return the class with the highest output, the first of several equal ones, int64 (n,).

    Args:
        outputs: float (n, classes). Where one is NaN or infinite, nothing is predicted: `NO_CLASS`.
    """
    return np.where(np.isfinite(outputs).all(axis=1), outputs.argmax(axis=1), NO_CLASS)


def format_output(value: float, kind: OutputKind, digits: int = 1) -> str:
    """Return an output as text: a percentage with `digits` decimals, or a plain number for a score."""
    if kind == "probabilities":
        return f"{value:.{digits}%}"
    return f"{value:.3f}" if kind == "independent" else f"{value:.4g}"
