"""`python -m benchmarks.training`: what the Lab adds to the time of plain Keras, and whether it learns as well.

The notes' own script and the same network through the Lab, both in this run, by turns, each in fresh processes. While
the Lab trains, its run is followed as a page follows it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.report import Figure, arguments, describe_machine, say, settings, show
from cnnlab import datasets
from cnnlab.errors import CNNLabError
from cnnlab.figures.history import Metric, history_data, history_figure
from cnnlab.figures.style import to_json
from cnnlab.lab import Lab
from cnnlab.network.recipes import RECIPES
from cnnlab.settings import Settings

BATCH_SIZES = {"full": 1000, "conv-10": 32}
"""The networks compared, with the notes' batch sizes."""

MOST_RATIO = 1.05
SEED = 1
SCRIPT = Path(__file__).parent / "scripts" / "plain_keras.py"
LOOK_SECONDS = 0.5
"""`cnnlab.ui.live.POLL_SECONDS`, which is not imported: this process stands for the server but has no Streamlit."""
METRICS: tuple[Metric, ...] = ("loss", "accuracy")


@dataclass(frozen=True)
class Plan:
    """What is measured on both sides."""

    settings: Settings
    dataset: str
    data: Path
    pairs: int
    epochs: int
    quick: bool

    def batch_size(self, network: str) -> int:
        return BATCH_SIZES[network] // 10 if self.quick and network == "full" else BATCH_SIZES[network]


class Trained(NamedTuple):
    """One training: when its first epoch began and each epoch ended (seconds since 1970), and the test accuracy."""

    ends: tuple[float, ...]
    accuracy: float

    @property
    def later(self) -> float:
        """Seconds an epoch after the first, in which Keras traces its functions: their mean."""
        return (self.ends[-1] - self.ends[1]) / (len(self.ends) - 2)

    @property
    def mean(self) -> float:
        """Seconds an epoch from the first epoch's beginning to the last one's end."""
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1)


def by_script(network: str, plan: Plan) -> Trained:
    """Train with the plain script in a process of its own."""
    size, epochs = plan.batch_size(network), plan.epochs
    done = subprocess.run(
        [
            sys.executable,
            str(SCRIPT),
            str(plan.data),
            network,
            f"--batch-size={size}",
            f"--epochs={epochs}",
            f"--seed={SEED}",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    if done.returncode:
        raise RuntimeError(f"{SCRIPT.name} failed:\n{done.stderr}")
    told = json.loads(done.stdout.splitlines()[-1])
    return Trained(tuple(told["ends"]), told["accuracy"])


def by_lab(network: str, plan: Plan) -> Trained:
    """Train through a Lab with a home and workers of its own, followed as a page follows it."""
    training = RECIPES[network].training.replace(
        dataset=plan.dataset,
        validation="test",
        loss="categorical_crossentropy",
        batch_size=plan.batch_size(network),
        epochs=plan.epochs,
        seed=SEED,
    )
    with tempfile.TemporaryDirectory(prefix="cnnlab-benchmark-", ignore_cleanup_errors=True) as home:
        lab = Lab(replace(plan.settings, home=Path(home)))
        try:
            _wait_for_workers(lab)
            run = lab.start(RECIPES[network].network, training)
            while lab.run(run).going:
                _look(lab, run)
                time.sleep(LOOK_SECONDS)
            ended, epochs = lab.run(run), lab.history(run).epochs
            if ended.state != "finished":
                raise RuntimeError(f"The Lab's run {ended.state}: {ended.error}\n{ended.details}")
        finally:
            lab.close()
    return Trained((epochs[0].at - epochs[0].seconds, *(epoch.at for epoch in epochs)), epochs[-1].val_accuracy)


def _wait_for_workers(lab: Lab) -> None:
    """Until the inference worker has imported TensorFlow and is idle, as it is by the time somebody trains."""
    while lab.engine.state == "starting":
        time.sleep(0.1)
    with contextlib.suppress(CNNLabError):
        # Answered, with "no weights", as soon as the worker is able to answer.
        lab.predict("none", np.zeros((1, 28, 28, 1), np.float32))


def _look(lab: Lab, run: str) -> None:
    """What the Train page has computed for it at each poll: the run, its history and both charts."""
    history = lab.history(run)
    for metric in METRICS:
        to_json(history_figure([history_data(history, metric, run)], metric, revision=run))


def measure(network: str, plan: Plan) -> Iterator[Figure]:
    """The figures of one network."""
    scripts: list[Trained] = []
    labs: list[Trained] = []
    for pair in range(plan.pairs):
        for side, train, results in (("script", by_script, scripts), ("lab", by_lab, labs)):
            results.append(train(network, plan))
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
        for network in asked.network or BATCH_SIZES:
            missed = show(measure(network, plan), asked.quick) or missed
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
