"""The two sides of the training benchmarks: the notes' own script, and a Lab that is followed as a page follows it."""

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
from cnnlab.lab import Lab
from cnnlab.network.recipes import RECIPES
from cnnlab.settings import Settings
from cnnlab.training.spec import TrainingSpec

BATCH_SIZES = {"full": 1000, "conv-10": 32}
"""The networks compared, with the notes' batch sizes."""

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
    """One training.

    Attributes:
        ends: when its first epoch began and each epoch ended, seconds since 1970.
        accuracies: on the test set after each epoch; of the script only the last.
        images_a_second: while training, in the epochs after the first; 0 for the script.
        watching: seconds that a look inside took, in the epochs after the first.
    """

    ends: tuple[float, ...]
    accuracies: tuple[float, ...]
    images_a_second: float = 0.0
    watching: float = 0.0

    @property
    def accuracy(self) -> float:
        """At the end."""
        return self.accuracies[-1]

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
    return Trained(tuple(told["ends"]), (told["accuracy"],))


def as_script(network: str, plan: Plan) -> TrainingSpec:
    """The script's own settings."""
    return RECIPES[network].training.replace(
        dataset=plan.dataset,
        validation="test",
        loss="categorical_crossentropy",
        batch_size=plan.batch_size(network),
        epochs=plan.epochs,
        seed=SEED,
    )


def by_lab(network: str, plan: Plan, training: TrainingSpec) -> Trained:
    """Train through a Lab with a home and workers of its own, followed as a page follows it."""
    with tempfile.TemporaryDirectory(prefix="cnnlab-benchmark-", ignore_cleanup_errors=True) as home:
        lab = Lab(replace(plan.settings, home=Path(home)))
        try:
            wait_for_workers(lab)
            run = lab.start(RECIPES[network].network, training)
            while lab.run(run).going:
                look(lab, run)
                time.sleep(LOOK_SECONDS)
            ended, epochs, watches = lab.run(run), lab.history(run).epochs, lab.history(run).watches[1:]
            if ended.state != "finished":
                raise RuntimeError(f"The Lab's run {ended.state}: {ended.error}\n{ended.details}")
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
    """Until the inference worker has imported TensorFlow and is idle, as it is by the time somebody trains."""
    while lab.engine.state == "starting":
        time.sleep(0.1)
    with contextlib.suppress(CNNLabError):
        # Answered, with "no weights", as soon as the worker is able to answer.
        lab.predict("none", np.zeros((1, 28, 28, 1), np.float32))


def look(lab: Lab, run: str) -> None:
    """What the Train page has computed for it at each poll: the run, its history and both charts."""
    history = lab.history(run)
    for metric in METRICS:
        to_json(history_figure([history_data(history, metric, run)], metric, revision=run))
