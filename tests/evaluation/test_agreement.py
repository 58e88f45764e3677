"""What training reported against an evaluation of the same weights."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnnlab.evaluation import agreement
from cnnlab.evaluation.agreement import difference
from cnnlab.evaluation.metrics import Evaluation
from cnnlab.training.events import Epoch, Started
from cnnlab.training.history import History
from cnnlab.training.snapshots import Moment


def found(loss: float = 0.5) -> Evaluation:
    """Four images, three of them right."""
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]], np.float32)
    losses = np.full(4, loss, np.float32)
    return Evaluation(probabilities, np.array([0, 1, 0, 1]), np.zeros((4, 1, 1, 1), np.uint8), losses)


def history(val_loss: float = 0.5, val_accuracy: float = 0.75, precision: str = "float32") -> History:
    told = History()
    told.add(Started(epochs=3, steps=1, train_images=1, validation_images=4, parameters=1, precision=precision))
    for number in (1, 2):
        told.add(
            Epoch(
                epoch=number,
                loss=0.1,
                accuracy=1.0,
                val_loss=val_loss if number == 2 else 9.0,
                val_accuracy=val_accuracy,
                seconds=1.0,
                learning_rate=0.1,
                examples_per_second=1.0,
            )
        )
    return told


def test_equal_figures_need_no_word() -> None:
    assert difference(found(), history(), Moment(2), external=False) is None
    assert difference(found(), history(val_loss=0.500009), Moment(2), external=False) is None
    assert difference(found(40.494), history(val_loss=40.4941), Moment(2), external=False) is None


@pytest.mark.parametrize("moment", [Moment(0), Moment(3), Moment(1, 2)])
def test_without_a_report_there_is_nothing_to_compare(moment: Moment) -> None:
    assert difference(found(), history(), moment, external=False) is None


def test_a_script_without_validation_reported_nothing() -> None:
    assert difference(found(), history(math.nan, math.nan), Moment(2), external=True) is None
    assert difference(found(), history(0.5, math.nan), Moment(2), external=True) is None


@pytest.mark.parametrize(
    ("told", "external", "reason"),
    [
        (history(0.5001, precision="mixed_bfloat16"), False, agreement.IN_BFLOAT16),
        (history(0.5, 0.5, precision="mixed_bfloat16"), False, agreement.IN_BFLOAT16),
        (history(0.5001), True, agreement.BY_SCRIPT),
        (history(0.5001), False, agreement.UNKNOWN),
        (history(0.5, 1.0), False, agreement.UNKNOWN),
    ],
)
def test_other_figures_come_with_their_reason(told: History, external: bool, reason: str) -> None:
    assert difference(found(), told, Moment(2), external) == (told.epochs[-1], reason)
