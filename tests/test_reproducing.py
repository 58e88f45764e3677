"""A recipe's reported figures beside a run's."""

from __future__ import annotations

import numpy as np

from cnnlab.evaluation import Evaluation
from cnnlab.network.recipes import RECIPES, Reported
from cnnlab.reproducing import figures, settings_apart
from cnnlab.training.events import Epoch
from cnnlab.training.history import History


def history() -> History:
    found = History()
    for number in (1, 2):
        found.add(
            Epoch(
                epoch=number,
                loss=0.5,
                accuracy=0.8,
                val_loss=0.4 / number,
                val_accuracy=0.9,
                seconds=2.5,
                learning_rate=0.001,
                examples_per_second=100.0,
            )
        )
    return found


def test_only_what_the_source_reports_is_compared() -> None:
    rows = figures(Reported(val_loss=0.25, val_accuracy=0.95, epochs=10, seconds=7.0), history(), None)
    assert [(row.title, row.written(row.reported), row.written(row.ours), row.apart) for row in rows] == [
        ("Validation loss", "0.2500", "0.2000", "-0.0500"),
        ("Validation accuracy", "95.00%", "90.00%", "-5.00%"),
        ("Epochs", "10", "2", "-8"),
        ("Seconds of training", "7.0", "5.0", "-2.0"),
    ]


def test_test_figures_are_unknown_while_the_test_set_is_sealed() -> None:
    reported = Reported(test_loss=0.5, test_accuracy=0.5)
    assert [(row.written(row.ours), row.apart) for row in figures(reported, history(), None)] == [
        ("–", "–"),
        ("–", "–"),
    ]
    tested = Evaluation(
        np.array([[0.8, 0.2], [0.2, 0.8]], np.float32), np.array([0, 1]), np.zeros((2, 1, 1, 1), np.uint8)
    )
    loss, accuracy = figures(reported, history(), tested)
    assert accuracy.apart == "+50.00%"
    assert loss.written(loss.ours) == f"{-np.log(0.8):.4f}"


def test_a_run_without_an_epoch_has_no_figures() -> None:
    rows = figures(Reported(val_loss=0.25, epochs=10, seconds=7.0), History(), None)
    assert {row.written(row.ours) for row in rows} == {"–"}


def test_settings_that_matter_are_told_apart() -> None:
    theirs = RECIPES["full"].training
    assert settings_apart(theirs, theirs.replace(snapshots="none")) == []
    apart = settings_apart(theirs, theirs.replace(epochs=3, learning_rate=0.5))
    assert sorted(apart) == [("epochs", theirs.epochs, 3), ("learning_rate", theirs.learning_rate, 0.5)]
