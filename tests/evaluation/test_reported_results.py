"""A recipe's reported figures beside a run's."""

from __future__ import annotations

import numpy as np

from cnnlab.evaluation.metrics import Evaluation
from cnnlab.evaluation.reported_results import changed_settings, compare_figures
from cnnlab.training.events import Epoch
from cnnlab.training.history import History
from cnnlab.training.recipes import RECIPES, Reported


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
    rows = compare_figures(Reported(val_loss=0.25, val_accuracy=0.95, epochs=10, seconds=7.0), history(), None)
    assert [(row.title, row.formatted(row.reported), row.formatted(row.actual), row.difference) for row in rows] == [
        ("Validation loss", "0.2500", "0.2000", "-0.0500"),
        ("Validation accuracy", "95.00%", "90.00%", "-5.00%"),
        ("Epochs", "10", "2", "-8"),
        ("Training time (s)", "7.0", "5.0", "-2.0"),
    ]


def test_test_figures_are_unknown_while_the_test_set_is_sealed() -> None:
    reported = Reported(test_loss=0.5, test_accuracy=0.5)
    assert [(row.formatted(row.actual), row.difference) for row in compare_figures(reported, history(), None)] == [
        ("–", "–"),
        ("–", "–"),
    ]
    tested = Evaluation(
        np.array([[0.8, 0.2], [0.2, 0.8]], np.float32), np.array([0, 1]), np.zeros((2, 1, 1, 1), np.uint8)
    )
    loss, accuracy = compare_figures(reported, history(), tested)
    assert accuracy.difference == "+50.00%"
    assert loss.formatted(loss.actual) == f"{-np.log(0.8):.4f}"


def test_a_run_without_an_epoch_has_no_figures() -> None:
    rows = compare_figures(Reported(val_loss=0.25, epochs=10, seconds=7.0), History(), None)
    assert {row.formatted(row.actual) for row in rows} == {"–"}


def test_settings_that_matter_are_told_apart() -> None:
    theirs = RECIPES["full"].training
    assert changed_settings(theirs, theirs.replace(snapshots="none")) == []
    difference = changed_settings(theirs, theirs.replace(epochs=3, learning_rate=0.5))
    assert sorted(difference) == [("epochs", theirs.epochs, 3), ("learning_rate", theirs.learning_rate, 0.5)]


def test_a_run_that_diverged_has_no_figures() -> None:
    found = history()
    found.epochs[-1] = found.epochs[-1].model_copy(update={"val_accuracy": float("nan")})
    (row,) = compare_figures(Reported(val_accuracy=0.95), found, None)
    assert (row.formatted(row.actual), row.difference) == ("–", "–")
