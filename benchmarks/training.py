"""`python -m benchmarks.training`: what the Lab adds to the time of plain Keras, and whether it learns as well.

The notes' own script and the same network through the Lab, both in this run, by turns, each in fresh processes. While
the Lab trains, its run is followed as a page follows it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import fast
from benchmarks.plan import BATCH_SIZES, Plan, Trained, as_script, by_lab, by_script
from benchmarks.report import Figure, arguments, describe_machine, say, settings, show
from cnnlab import datasets

MOST_RATIO = 1.03
PARTS = ("overhead", "epochs", "reaching", "watching", "shares")


def measure(network: str, plan: Plan) -> Iterator[Figure]:
    """The figures of one network."""
    scripts: list[Trained] = []
    labs: list[Trained] = []
    for pair in range(plan.pairs):
        for side, results in (("script", scripts), ("lab", labs)):
            trained = by_script(network, plan) if side == "script" else by_lab(network, plan, as_script(network, plan))
            results.append(trained)
            told = f"{results[-1].later:.2f} s an epoch, {results[-1].mean:.2f} with the first"
            say(f"{network} pair {pair + 1} {side}: {told}")
    for side, results in (("script", scripts), ("lab", labs)):
        yield Figure(f"training.{network}.{side}_seconds_per_epoch", median(one.later for one in results), "s")
        mean = median(one.mean for one in results)
        yield Figure(f"training.{network}.{side}_seconds_per_epoch_with_first", mean, "s")
        accuracy = median(one.accuracy for one in results)
        yield Figure(f"training.{network}.{side}_test_accuracy", 100 * accuracy, "%")
    ratios = [lab.later / script.later for script, lab in zip(scripts, labs, strict=True)]
    for number, ratio in enumerate(ratios, 1):
        yield Figure(f"training.{network}.pair_{number}_ratio", ratio, "times", None, 3)
    yield Figure(f"training.{network}.ratio", median(ratios), "times", MOST_RATIO, 3)


def main() -> int:
    parser = arguments("Plain Keras against the Lab: seconds an epoch, ratio, test accuracy.")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of each training, at least 2 (default 3)")
    parser.add_argument("--pairs", type=int, default=3, help="trainings of each side (default 3)")
    parser.add_argument("--network", choices=BATCH_SIZES, action="append", help="only this one; can be repeated")
    parser.add_argument("--only", choices=PARTS, nargs="+", help="only these parts")
    asked = parser.parse_args()
    if asked.epochs < 2:
        parser.error("--epochs: at least 2, since the first epoch of each training is not quoted")
    describe_machine()
    chosen, dataset = settings(asked), "mnist-5k" if asked.quick else "mnist"
    missed = False
    with tempfile.TemporaryDirectory(prefix="cnnlab-benchmark-") as folder:
        data = Path(folder) / "data.npz"
        loaded = datasets.load(dataset, chosen)
        np.savez(
            data, x_train=loaded.x_train, y_train=loaded.y_train, x_test=loaded.x_test, y_test=loaded.y_test
        )  # fmt: skip
        del loaded
        plan = Plan(chosen, dataset, data, 1 if asked.quick else asked.pairs, asked.epochs, asked.quick)
        parts = asked.only or PARTS
        for network in asked.network or BATCH_SIZES:
            if "overhead" in parts:
                missed = show(measure(network, plan), asked.quick) or missed
            if "epochs" in parts:
                missed = show(fast.epochs(network, plan), asked.quick) or missed
        for part in ("reaching", "watching", "shares"):
            if part in parts:
                missed = show(getattr(fast, part)(plan), asked.quick) or missed
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
