"""The two sides of the training benchmarks: the notes' script, and a Lab that is polled as a page polls it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnnlab.errors import CNNLabError
from cnnlab.figures.history import Metric, history_data, history_figure
from cnnlab.figures.style import to_json
from cnnlab.lab.lab import Lab
from cnnlab.runs import builtin
from cnnlab.settings import Settings
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec

BATCH_SIZES = {"full": 1000, "conv-10": 32}
"""The networks to compare, with the batch sizes of the notes."""

SEED = 1
SCRIPT = Path(__file__).parent / "scripts" / "plain_keras.py"
LOOK_SECONDS = 0.5
"""A copy of `POLL_SECONDS` in `cnnlab.ui.shared.run_labels`: this process acts as the server, but without Streamlit."""
METRICS: tuple[Metric, ...] = ("loss", "accuracy")


@dataclass(frozen=True)
class Plan:
    """The settings of both sides."""

    settings: Settings
    dataset: str
    data: Path
    pairs: int
    epochs: int
    quick: bool

    def batch_size(self, network: str) -> int:
        """Return the batch size of a network, reduced with `--quick` so that an epoch has several steps."""
        return BATCH_SIZES[network] // 10 if self.quick and network == "full" else BATCH_SIZES[network]


class Trained(NamedTuple):
    """One training run.

    Attributes:
        ends: start of the first epoch and end of every epoch, in seconds since 1970.
        accuracies: test accuracy after each epoch; for the script, only the last.
        images_per_second: during training, in the epochs after the first; 0 for the script.
        watching: seconds per epoch that the diagnostics took, in the epochs after the first.
    """

    ends: tuple[float, ...]
    accuracies: tuple[float, ...]
    images_per_second: float = 0.0
    watching: float = 0.0

    @property
    def accuracy(self) -> float:
        """The final test accuracy."""
        return self.accuracies[-1]

    @property
    def later(self) -> float:
        """Mean seconds per epoch after the first, in which Keras traces its functions."""
        return (self.ends[-1] - self.ends[1]) / (len(self.ends) - 2)

    @property
    def mean(self) -> float:
        """Mean seconds per epoch from the start of the first epoch to the end of the last."""
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1)


def by_script(network: str, plan: Plan) -> Trained:
    """Train with the plain script in its own process."""
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
    return Trained(tuple(told["ends"]), (told["accuracy"],))


def as_script(network: str, plan: Plan) -> TrainingSpec:
    """Return the settings that the script uses."""
    return RECIPES[network].training.replace(
        dataset=plan.dataset,
        validation="test",
        loss="categorical_crossentropy",
        batch_size=plan.batch_size(network),
        epochs=plan.epochs,
        seed=SEED,
    )


def by_lab(network: str, plan: Plan, training: TrainingSpec) -> Trained:
    """Train in a Lab with its own home and workers, polled as a page polls it."""
    with tempfile.TemporaryDirectory(prefix="cnnlab-benchmark-", ignore_cleanup_errors=True) as home:
        lab = Lab(replace(plan.settings, home=Path(home)))
        try:
            wait_for_workers(lab)
            run = lab.runs.start(RECIPES[network].network, training)
            while lab.runs.get(run).active:
                look(lab, run)
                time.sleep(LOOK_SECONDS)
            ended, epochs, watches = lab.runs.get(run), lab.runs.history(run).epochs, lab.runs.history(run).watches[1:]
            if ended.state != "finished":
                raise RuntimeError(f"The run in the Lab is {ended.state}: {ended.error}\n{ended.details}")
        finally:
            lab.close()
    later = epochs[1:] or epochs
    return Trained(
        (epochs[0].at - epochs[0].seconds, *(epoch.at for epoch in epochs)),
        tuple(epoch.val_accuracy for epoch in epochs),
        sum(epoch.examples_per_second for epoch in later) / len(later),
        sum(watch.watching_seconds for watch in watches) / max(len(watches), 1),
    )


def wait_for_workers(lab: Lab) -> None:
    """Wait until the inference worker has imported TensorFlow and is idle, as it is when users train."""
    while lab.engine.state == "starting":
        time.sleep(0.1)
    with contextlib.suppress(CNNLabError):
        lab.inference.probabilities(
            builtin.run(builtin.ID), lab.snapshots.final(builtin.ID), np.zeros((1, 28, 28, 1), np.float32)
        )


def look(lab: Lab, run: str) -> None:
    """Compute what the Train page needs at each poll: the run's history and both charts."""
    history = lab.runs.history(run)
    for metric in METRICS:
        to_json(history_figure([history_data(history, metric, run)], metric, revision=run))
