"""`python -m benchmarks.drawing FILE`: the built-in network's accuracy on drawn digits, under each condition.

FILE contains pen-written digits (UCI's "Pen-Based Recognition of Handwritten Digits", UNIPEN format). Only writers who
are not in the training data count. Each digit is drawn as on the canvas and processed like a drawing: `to_digit`, then
the network. This process imports TensorFlow.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from benchmarks.pen_digits import builtin_network, read_options
from benchmarks.report import Figure, describe_machine, say, show
from cnnlab.pretrain.pen_strokes import CONDITIONS, Condition, PenDigit, draw_digit
from cnnlab.vision.digit_preprocessing import to_digit

MIN_ACCURACY = 98.5
"""Target accuracy under each condition, in percent."""
QUICK = 3
"""Samples per digit with `--quick`."""


def measure(writings: list[PenDigit]) -> Iterator[Figure]:
    """Yield the accuracy per condition, per digit, and overall."""
    predict = builtin_network()
    labels = np.array([writing.label for writing in writings])
    right = np.empty((len(CONDITIONS), len(writings)), bool)
    for k, condition in enumerate(CONDITIONS):
        right[k] = predict(_prepared(writings, condition)).argmax(axis=1) == labels
        say(f"{condition.name}: {np.count_nonzero(~right[k])} of {len(writings)} misread")
        yield Figure(f"drawing.{condition.name}_accuracy", 100 * float(right[k].mean()), "%", at_least=MIN_ACCURACY)
    for digit in sorted(set(labels.tolist())):
        yield Figure(f"drawing.digit_{digit}_accuracy", 100 * float(right[:, labels == digit].mean()), "%")
    yield Figure("drawing.overall_accuracy", 100 * float(right.mean()), "%")


def _prepared(writings: list[PenDigit], condition: Condition) -> np.ndarray:
    """Return float32 images (n, 28, 28); a digit's index seeds the choice of the corner for small digits."""
    return np.stack([to_digit(draw_digit(writing, condition, seed)).image for seed, writing in enumerate(writings)])


def main() -> int:
    """Run the benchmark and return its exit status."""
    writings, writers, quick = read_options(
        "The built-in network's accuracy on digits by writers who are not in its training data."
    )
    if quick:
        writings = [one for digit in range(10) for one in [w for w in writings if w.label == digit][:QUICK]]
    describe_machine()
    print(f"# {writers}: {len(writings)} digits under {len(CONDITIONS)} conditions", flush=True)
    return int(show(measure(writings), quick))


if __name__ == "__main__":
    sys.exit(main())
