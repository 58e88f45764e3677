"""Results of a run, formatted for comparison with the figures of the notes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from cnnlab.runs.run import Run
from cnnlab.training.events import Epoch
from cnnlab.training.history import History

Answered = tuple[np.ndarray, np.ndarray] | None
"""The images of the prediction grid and their labels, see `Lab.answered`."""
Measure = Callable[[Run, History, Answered], str]
NOTHING = "–"
"""Shown where there is no result yet."""


def images(run: Run) -> int:
    """Return the number of images a run was given, including those held out for validation."""
    return run.training.train_size or run.dataset.train_size


def _last(history: History) -> Epoch | None:
    """Return the epoch whose weights the run kept; during training, the latest one."""
    if history.finished:
        kept = history.finished.kept_epoch
        return next((epoch for epoch in history.epochs if epoch.epoch == kept), None)
    return history.epochs[-1] if history.epochs else None


def _of_epoch(read: Callable[[Epoch], float], form: str) -> Measure:
    def measure(run: Run, history: History, answered: Answered) -> str:
        epoch = _last(history)
        return format(read(epoch), form) if epoch and math.isfinite(read(epoch)) else NOTHING

    return measure


def _first_accuracy(run: Run, history: History, answered: Answered) -> str:
    return f"{history.epochs[0].val_accuracy:.2%}" if history.epochs else NOTHING


def _seconds(run: Run, history: History, answered: Answered) -> str:
    return f"{sum(epoch.seconds for epoch in history.epochs):,.1f}" if history.epochs else NOTHING


def _epochs(run: Run, history: History, answered: Answered) -> str:
    return str(len(history.epochs)) if history.epochs else NOTHING


def _wrong(run: Run, history: History, answered: Answered) -> str:
    """Return the number of mistakes in the first test images."""
    if not history.answers or answered is None:
        return NOTHING
    said = np.array(history.answers.predictions)
    return str(int((said != answered[1][: len(said)]).sum()))


def _test_accuracy(run: Run, history: History, answered: Answered) -> str:
    return NOTHING if run.test_accuracy is None else f"{run.test_accuracy:.2%}"


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "loss": _of_epoch(lambda epoch: epoch.val_loss, ".4f"),
        "accuracy": _of_epoch(lambda epoch: epoch.val_accuracy, ".2%"),
        "training_accuracy": _of_epoch(lambda epoch: epoch.accuracy, ".2%"),
        "gap": _of_epoch(lambda epoch: epoch.val_loss - epoch.loss, "+.4f"),
        "first_accuracy": _first_accuracy,
        "seconds": _seconds,
        "epochs": _epochs,
        "wrong": _wrong,
        "test_accuracy": _test_accuracy,
    }
)
"""Name -> measure. Loss and accuracy refer to the validation images (in chapter 8 of the notes: the test set);
`gap` is validation loss minus training loss."""
