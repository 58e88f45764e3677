"""Histories in memory are what folding the stored events gives, and a live one needs no store."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnlab.errors import StoreError
from cnnlab.lab.histories import MAX_HISTORIES, Histories
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.store import RunStore
from cnnlab.training.events import AnyEvent, Batch, Epoch, Finished
from cnnlab.training.history import History
from cnnlab.training.spec import TrainingSpec


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def new_run(store: RunStore) -> str:
    return store.create("", "", NetworkSpec(), TrainingSpec(), "here").id


def epoch(number: int) -> Epoch:
    figures = {"loss": 1.0, "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.5}
    return Epoch(epoch=number, **figures, seconds=1.0, learning_rate=0.1, examples_per_second=1.0)


def batch(step: int) -> Batch:
    return Batch(epoch=1, step=step, steps=9, loss=1.0, accuracy=0.5, examples_per_second=1.0)


def folded(store: RunStore, run: str) -> History:
    history = History()
    for _number, event in store.events(run):
        history.add(event)
    return history


def report(store: RunStore, histories: Histories, run: str, event: AnyEvent) -> None:
    number = store.append(run, event)
    assert number is not None
    histories.add(run, number, event)


def test_events_of_other_processes_are_read(store: RunStore) -> None:
    histories, run = Histories(store), new_run(store)
    assert histories.get(run) == History()
    store.append(run, batch(1))
    store.append(run, epoch(1))
    assert histories.get(run) == folded(store, run)
    store.append(run, epoch(2))
    assert histories.get(run) == folded(store, run)
    assert [one.epoch for one in histories.get(run).epochs] == [1, 2]


def test_a_live_history_is_read_once(store: RunStore) -> None:
    histories, run = Histories(store), new_run(store)
    store.append(run, batch(1))
    histories.follow(run)
    # Not in memory yet: nothing is lost by not adding it.
    report(store, histories, run, batch(2))
    assert [one.step for one in histories.get(run).batches] == [1, 2]
    report(store, histories, run, epoch(1))
    expected = folded(store, run)
    store.close()
    assert histories.get(run) == expected
    histories.unfollow(run)
    with pytest.raises(StoreError):
        histories.get(run)


def test_what_was_read_is_not_added_again(store: RunStore) -> None:
    histories, run = Histories(store), new_run(store)
    histories.follow(run)
    number = store.append(run, epoch(1))
    assert number == 1 and len(histories.get(run).epochs) == 1
    histories.add(run, number, epoch(1))
    assert len(histories.get(run).epochs) == 1


def test_a_resumed_run_starts_from_what_the_store_has(store: RunStore) -> None:
    histories, run = Histories(store), new_run(store)
    store.append(run, epoch(1))
    store.append(run, Finished(reason="stopped", kept_epoch=1))
    assert histories.get(run).finished
    store.requeue(run, "here")
    histories.follow(run)
    assert histories.get(run).finished is None and len(histories.get(run).epochs) == 1


def test_only_so_many_are_kept(store: RunStore) -> None:
    histories = Histories(store)
    runs = [new_run(store) for _ in range(MAX_HISTORIES + 1)]
    first = histories.get(runs[0])
    assert histories.get(runs[0]) is first
    for run in runs[1:]:
        histories.get(run)
    assert histories.get(runs[0]) is not first
