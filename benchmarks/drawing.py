"""`python -m benchmarks.drawing FILE`: how well the built-in network reads what people draw, under each condition.

FILE holds digits written with a pen (UCI's "Pen-Based Recognition of Handwritten Digits", UNIPEN's form). Only writers
count from whom the network has not learned. Each digit is drawn as the canvas draws it and goes the way of a drawing:
`to_digit`, then the network. Needs TensorFlow in this process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.report import Figure, arguments, describe_machine, say, show
from cnnlab import builtin
from cnnlab.drawing import to_digit
from cnnlab.strokes import CONDITIONS, Condition, Writing, read_strokes, written
from cnnlab.training import snapshots

LEAST = 98.5
"""Percent that are to be read right under each condition."""
QUICK = 3
"""Writings of each digit."""


def measure(writings: list[Writing]) -> Iterator[Figure]:
    """The share that is read right: by condition, by digit, and of all."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from cnnlab.vision.feature_maps import Looker

    folder = builtin.folder(builtin.ID)
    weights = snapshots.read(folder, snapshots.moments(folder)[-1])
    looker = Looker(builtin.run(builtin.ID).network)
    labels = np.array([writing.label for writing in writings])
    right = np.empty((len(CONDITIONS), len(writings)), bool)
    for k, condition in enumerate(CONDITIONS):
        right[k] = looker.probabilities(weights, _prepared(writings, condition)).argmax(axis=1) == labels
        say(f"{condition.name}: {np.count_nonzero(~right[k])} of {len(writings)} are misread")
        yield Figure(f"drawing.{condition.name}_accuracy", 100 * float(right[k].mean()), "%", at_least=LEAST)
    for digit in sorted(set(labels.tolist())):
        yield Figure(f"drawing.digit_{digit}_accuracy", 100 * float(right[:, labels == digit].mean()), "%")
    yield Figure("drawing.overall_accuracy", 100 * float(right.mean()), "%")


def _prepared(writings: list[Writing], condition: Condition) -> np.ndarray:
    """Float32 (n, 28, 28, 1); the digit's place in the list chooses the corner of a small one."""
    digits = [to_digit(written(writing, condition, seed)).image for seed, writing in enumerate(writings)]
    return np.stack(digits)[..., np.newaxis]


def main() -> int:
    parser = arguments("How well the built-in network reads drawings of people it has not learned from.", data=False)
    parser.add_argument("file", type=Path, help="digits written with a pen, in UNIPEN's form (plain or gzip)")
    parser.add_argument("--writers", type=int, nargs=2, default=(21, 30), help="from which to which (default: 21 30)")
    asked = parser.parse_args()
    first, last = asked.writers
    writings = [writing for writing in read_strokes(asked.file) if first <= writing.writer <= last]
    if not writings:
        parser.error(f"{asked.file} has no digit by writers {first} to {last}")
    if asked.quick:
        writings = [one for digit in range(10) for one in [w for w in writings if w.label == digit][:QUICK]]
    describe_machine()
    print(f"# writers {first} to {last}: {len(writings)} digits under {len(CONDITIONS)} conditions", flush=True)
    return int(show(measure(writings), asked.quick))


if __name__ == "__main__":
    sys.exit(main())
