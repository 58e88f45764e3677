"""`python -m benchmarks.training`: the Lab's overhead over plain Keras, and whether it reaches the same accuracy.

The notes' script and the Lab train the same network in turns, each in fresh processes. While the Lab trains, this
process polls its run as a page does.
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

MAX_RATIO = 1.03
PARTS = ("overhead", "epochs", "reaching", "watching", "shares")


def measure(network: str, plan: Plan) -> Iterator[Figure]:
    """Yield the figures of one network."""
    scripts: list[Trained] = []
    labs: list[Trained] = []
    for pair in range(plan.pairs):
        for side, results in (("script", scripts), ("lab", labs)):
            trained = by_script(network, plan) if side == "script" else by_lab(network, plan, as_script(network, plan))
            results.append(trained)
            told = f"{results[-1].later:.2f} s per epoch, {results[-1].mean:.2f} including the first"
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
    yield Figure(f"training.{network}.ratio", median(ratios), "times", MAX_RATIO, 3)


def main() -> int:
    """Run the benchmark and return its exit status."""
    parser = arguments("Plain Keras vs. the Lab: seconds per epoch, ratio, test accuracy.")
    parser.add_argument("--epochs", type=int, default=3, help="epochs per training run, at least 2 (default 3)")
    parser.add_argument("--pairs", type=int, default=3, help="training runs per side (default 3)")
    parser.add_argument("--network", choices=BATCH_SIZES, action="append", help="only this network; can be repeated")
    parser.add_argument("--only", choices=PARTS, nargs="+", help="only these parts")
    options = parser.parse_args()
    if options.epochs < 2:
        parser.error("--epochs: at least 2, because the first epoch of each training run does not count")
    describe_machine()
    chosen, dataset = settings(options), "mnist-5k" if options.quick else "mnist"
    missed = False
    with tempfile.TemporaryDirectory(prefix="cnnlab-benchmark-") as folder:
        data = Path(folder) / "data.npz"
        loaded = datasets.load(dataset, chosen)
        np.savez(
            data, x_train=loaded.x_train, y_train=loaded.y_train, x_test=loaded.x_test, y_test=loaded.y_test
        )  # fmt: skip
        del loaded
        plan = Plan(chosen, dataset, data, 1 if options.quick else options.pairs, options.epochs, options.quick)
        parts = options.only or PARTS
        for network in options.network or BATCH_SIZES:
            if "overhead" in parts:
                missed = show(measure(network, plan), options.quick) or missed
            if "epochs" in parts:
                missed = show(fast.epochs(network, plan), options.quick) or missed
        for part in ("reaching", "watching", "shares"):
            if part in parts:
                missed = show(getattr(fast, part)(plan), options.quick) or missed
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
