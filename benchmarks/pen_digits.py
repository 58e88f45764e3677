"""What the benchmarks of written digits share: digits by writers who are not in the training data, and the network.

The digits come from a file in UNIPEN format (UCI's "Pen-Based Recognition of Handwritten Digits").
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.report import arguments
from cnnlab.pretrain.pen_strokes import PenDigit, read_strokes
from cnnlab.runs import builtin
from cnnlab.training import snapshots

Predict = Callable[[np.ndarray], np.ndarray]
"""Returns the probabilities (n, 10) for images (n, 28, 28)."""


class Options(NamedTuple):
    """What the command line asks for."""

    digits: list[PenDigit]
    writers: str
    quick: bool


def read_options(description: str) -> Options:
    """Read the command line and the file of digits that it names."""
    parser = arguments(description, data=False)
    parser.add_argument("file", type=Path, help="pen-written digits in UNIPEN format (plain or gzip)")
    parser.add_argument("--writers", type=int, nargs=2, default=(21, 30), help="first and last writer (default: 21 30)")
    options = parser.parse_args()
    first, last = options.writers
    digits = [digit for digit in read_strokes(options.file) if first <= digit.writer <= last]
    if not digits:
        parser.error(f"{options.file} contains no digits by writers {first} to {last}")
    return Options(digits, f"writers {first} to {last}", options.quick)


def builtin_network() -> Predict:
    """Return the built-in network. Imports TensorFlow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from cnnlab.vision.feature_maps import TracedNetwork

    folder = builtin.folder(builtin.ID)
    weights = snapshots.read(folder, snapshots.moments(folder)[-1])
    traced = TracedNetwork(builtin.run(builtin.ID).network)
    return lambda images: traced.probabilities(weights, images[..., np.newaxis])
