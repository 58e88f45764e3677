"""Weights that are no numbers: the Lab says so, and since which epoch."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from cnnlab.errors import CNNLabError
from cnnlab.evaluation.not_finite import NotFiniteError
from cnnlab.lab.histories import Histories
from cnnlab.lab.snapshots import Snapshots
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.store import RunStore
from cnnlab.training import snapshots
from cnnlab.training.events import Epoch, Started
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec

NAN, INFINITE = float("nan"), float("inf")


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def diverged(
    store: RunStore, kept: dict[Moment, float], losses: tuple[float, ...] = (), validation_images: int = 10
) -> tuple[Snapshots, str]:
    """The snapshots of a run: each of one weight next to a good one; and the training losses of its epochs."""
    run = store.create("", "", NetworkSpec(), TrainingSpec(), "here").id
    counts = {"epochs": 9, "steps": 1, "train_images": 1, "parameters": 2}
    store.append(run, Started(**counts, validation_images=validation_images))
    for number, loss in enumerate(losses, 1):
        rest = {"accuracy": 0.5, "val_accuracy": 0.5, "seconds": 1.0, "learning_rate": 0.1, "examples_per_second": 1.0}
        store.append(run, Epoch(epoch=number, loss=loss, val_loss=loss if validation_images else NAN, **rest))
    for moment, weight in kept.items():
        snapshots.save(store.folder(run), moment, {"dense": (np.array([1.0, weight], np.float32),)})
    return Snapshots(store, Histories(store)), run


def sentence(found: Snapshots, run: str, moment: Moment) -> str:
    with pytest.raises(NotFiniteError) as caught:
        found.check_finite(run, moment)
    return str(caught.value)


def test_every_epoch_has_a_snapshot(store: RunStore) -> None:
    kept = {Moment(0): 1.0, Moment(0, 5): 2.0, Moment(1): 3.0, Moment(2): 4.0, Moment(3): NAN, Moment(4): NAN}
    found, run = diverged(store, kept)
    for moment in list(kept)[:4]:
        found.check_finite(run, moment)
    expected = (
        "Since epoch 3, the network's weights are NaN or infinite: its training diverged, so it predicts nothing. "
        "Choose a snapshot from before that epoch, or train again with a smaller learning rate."
    )
    assert sentence(found, run, Moment(3)) == sentence(found, run, Moment(4)) == expected


def test_the_losses_tell_more_than_few_snapshots(store: RunStore) -> None:
    kept = {Moment(0): 1.0, Moment(4): 1.0, Moment(8): INFINITE}
    found, run = diverged(store, kept, (1.0, 1.0, 1.0, 1.0, 1.0, NAN, NAN, NAN))
    assert sentence(found, run, Moment(8)).startswith("Since epoch 6, the network's weights are")
    assert (found.diverged_in(run, Moment(5)), found.diverged_in(run, Moment(5, 1))) == (None, 6)


def test_a_script_without_validation_has_not_diverged(store: RunStore) -> None:
    found, run = diverged(store, {Moment(1): 1.0, Moment(3): NAN}, (1.0, 1.0, 1.0), validation_images=0)
    assert sentence(found, run, Moment(3)).startswith("Since epoch 3,")
    assert found.diverged_in(run, Moment(3)) is None


def test_within_the_first_epoch(store: RunStore) -> None:
    found, run = diverged(store, {Moment(0): 1.0, Moment(0, 2): NAN, Moment(1): NAN})
    assert sentence(found, run, Moment(1)).startswith("Since epoch 1,")


def test_weights_that_never_were_numbers(store: RunStore) -> None:
    found, run = diverged(store, {Moment(1): math.nan})
    expected = (
        "The network's weights are NaN or infinite, so it predicts nothing. Choose another snapshot or another run."
    )
    assert sentence(found, run, Moment(1)) == expected


def test_the_only_snapshot_is_the_last(store: RunStore) -> None:
    found, run = diverged(store, {Moment(4): NAN}, (1.0, NAN, NAN, NAN))
    assert sentence(found, run, Moment(4)).startswith("Since epoch 2,")


def test_a_snapshot_that_is_written_again_is_read_again(store: RunStore) -> None:
    found, run = diverged(store, {Moment(0): 1.0, Moment(1): NAN})
    assert sentence(found, run, Moment(1))
    snapshots.save(store.folder(run), Moment(1), {"dense": (np.ones(2, np.float32),)})
    found.check_finite(run, Moment(1))
    with pytest.raises(CNNLabError, match="missing or damaged"):
        found.check_finite(run, Moment(7))
