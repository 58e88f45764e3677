"""Going on with runs: more epochs for the same run, and new runs that begin with another's weights."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from cnnlab.errors import CNNLabError, StoreError, TrainingError
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import builtin
from cnnlab.training.events import Finished, Started
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import TrainingSpec
from tests.engine.conftest import epochs, until_epoch
from tests.waiting import ended


@pytest.fixture(scope="module")
def parent(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> str:
    """A run of two epochs."""
    return ended(lab, lab.runs.start(tiny, quick, "Ada", "parent")).id


def same(one: Weights, other: Weights) -> bool:
    return list(one) == list(other) and all(
        np.array_equal(a, b) for name in one for a, b in zip(one[name], other[name], strict=True)
    )


def test_a_fork_begins_with_the_very_weights_and_goes_its_own_way(lab: Lab, parent: str, quick: TrainingSpec) -> None:
    run = ended(lab, lab.runs.fork(parent, 1, quick.replace(learning_rate=0.01, epochs=1), name="fork", who="Bo"))
    assert (run.state, run.name, run.who, run.parent, run.parent_epoch) == ("finished", "fork", "Bo", parent, 1)
    assert same(lab.snapshots.weights(run.id, Moment(0)), lab.snapshots.weights(parent, Moment(1)))
    assert not same(lab.snapshots.weights(run.id, Moment(1)), lab.snapshots.weights(parent, Moment(2)))
    # It learned from there: from anew, the first epoch is far worse.
    assert lab.runs.history(run.id).epochs[0].loss < lab.runs.history(parent).epochs[0].loss
    assert lab.runs.get(parent).epochs_done == 2


def test_a_fork_of_a_fork_and_of_a_batch(lab: Lab, parent: str, quick: TrainingSpec) -> None:
    moment = Moment(0, 3)
    child = ended(lab, lab.runs.fork(parent, moment, quick.replace(epochs=1)))
    assert (child.name, child.parent, child.parent_epoch) == ("parent", parent, 0)
    assert same(lab.snapshots.weights(child.id, Moment(0)), lab.snapshots.weights(parent, moment))
    grandchild = ended(lab, lab.runs.fork(child.id, 1, quick.replace(epochs=1)))
    assert same(lab.snapshots.weights(grandchild.id, Moment(0)), lab.snapshots.weights(child.id, Moment(1)))


def test_a_fork_outlives_its_parent(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    parent = ended(lab, lab.runs.start(tiny, quick)).id
    before = lab.snapshots.weights(parent, Moment(2))
    run = lab.runs.fork(parent, 2, quick.replace(epochs=1))
    lab.annotations.delete(parent)
    lab.annotations.purge()
    assert ended(lab, run).state == "finished"
    assert same(lab.snapshots.weights(run, Moment(0)), before)
    lab.runs.add_epochs(run, 1)
    assert (ended(lab, run).state, epochs(lab, run)) == ("finished", [1, 2])


def test_a_built_in_network_can_be_trained_on(lab: Lab) -> None:
    (moment,) = lab.snapshots.of(builtin.ID)
    training = TrainingSpec(train_size=64, batch_size=32, epochs=1)
    run = ended(lab, lab.runs.fork(builtin.ID, moment, training))
    assert (run.state, run.parent, run.parent_epoch) == ("finished", builtin.ID, moment.epoch)
    assert same(lab.snapshots.weights(run.id, Moment(0)), lab.snapshots.weights(builtin.ID, moment))


def test_images_learned_besides(lab: Lab, parent: str, quick: TrainingSpec) -> None:
    """So many zeros shown so often that the network says nothing else any more."""
    data = lab.datasets.get("digits-8x8")
    zeros = data.x_train[data.y_train == 0][:10]
    extra = zeros, np.zeros(len(zeros), np.int64), 100
    run = ended(lab, lab.runs.fork(parent, 2, quick.replace(learning_rate=0.02, epochs=3), extra=extra))
    (started,) = [event for _, event in lab.runs.events(run.id) if isinstance(event, Started)]
    # Four fifths of 300 images, and the ten a hundred times; the validation images stay what they are.
    assert (started.train_images, started.validation_images) == (240 + 1000, 60)
    images = zeros.astype(np.float32) / 255
    answers, before = (
        lab.inference.probabilities(lab.runs.get(one), lab.snapshots.of(one)[-1], images) for one in (run.id, parent)
    )
    assert answers[:, 0].min() > 0.95 > before[:, 0].min()


def test_what_is_no_fork(lab: Lab, parent: str, quick: TrainingSpec) -> None:
    data, before = lab.datasets.get("digits-8x8"), [run.id for run in lab.runs.all()]
    images, labels = data.x_train[:3], data.y_train[:3]
    other = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=10, activation="softmax")))
    with pytest.raises(CNNLabError, match="weights of this snapshot are missing or damaged"):
        lab.runs.fork(parent, 77, quick)
    with pytest.raises(TrainingError, match=r"its layers have 650, but received 20 · 730\. Leave the layers"):
        lab.runs.fork(parent, 1, quick, other)
    for run in ("nosuch", "../../etc", "\udc80", "x" * 10_000):
        with pytest.raises(StoreError, match="There is no run with the id"):
            lab.runs.fork(run, 1, quick)
    for extra, said in (
        ((images.astype(np.float32), labels, 1), "should be uint8 8×8×1 with one label each; received float32 8×8×1"),
        ((images[:, :7], labels, 1), "received uint8 7×8×1"),
        ((images, labels[:2], 1), "3 / 2"),
        ((images, labels + 10, 1), "whole numbers from 0 to 9, at least one"),
        ((images[:0], labels[:0], 1), "whole numbers from 0 to 9, at least one"),
        ((images, labels, 0), "Too many images to add: 3 × 0"),
        ((images, labels, 101), "3 × 101"),
        ((np.repeat(images, 500, 0), np.repeat(labels, 500), 100), "1,500 × 100"),
    ):
        with pytest.raises(TrainingError, match=said):
            lab.runs.fork(parent, 1, quick, extra=extra)
    assert [run.id for run in lab.runs.all()] == before


def test_more_epochs_of_the_same_run(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    run = ended(lab, lab.runs.start(tiny, quick)).id
    first = lab.runs.history(run).epochs[:]
    lab.runs.add_epochs(run, 3)
    longer = ended(lab, run)
    assert (longer.state, longer.training, longer.epochs_done) == ("finished", quick.replace(epochs=5), 5)
    assert epochs(lab, run) == [1, 2, 3, 4, 5]
    history = lab.runs.history(run)
    assert history.epochs[:2] == first and len(history.epochs) == 5
    assert history.started is not None and (history.started.resumed_epoch, history.started.epochs) == (2, 5)
    assert [event.reason for _, event in lab.runs.events(run) if isinstance(event, Finished)] == ["done"]
    assert longer.seconds == pytest.approx(sum(epoch.seconds for epoch in history.epochs))
    assert Moment(5) in lab.snapshots.of(run)


def test_a_longer_cosine_ends_where_the_training_ends(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    run = ended(lab, lab.runs.start(tiny, quick.replace(schedule="cosine", warmup_epochs=0))).id
    lab.runs.add_epochs(run, 2)
    ended(lab, run)
    rates = [epoch.learning_rate for epoch in lab.runs.history(run).epochs]
    # Half a cosine over two epochs, then the last two quarters of one over four.
    assert rates == pytest.approx([0.0005, 0.0, 0.001 * 0.5 * (1 - 0.5**0.5), 0.0], abs=1e-6)


def test_a_run_that_stopped_early_goes_on_as_long_as_it_is_asked_to(
    lab: Lab, tiny: NetworkSpec, quick: TrainingSpec
) -> None:
    # So large steps that the validation loss soon rises.
    early = quick.replace(learning_rate=0.5, epochs=50, early_stopping=True, patience=0)
    run = ended(lab, lab.runs.start(tiny, early))
    history = lab.runs.history(run.id)
    assert history.finished and history.finished.reason == "early"
    lab.runs.add_epochs(run.id, 2)
    longer = ended(lab, run.id)
    assert (longer.epochs_done, longer.training.early_stopping) == (run.epochs_done + 2, False)
    history = lab.runs.history(run.id)
    best = min(history.epochs, key=lambda epoch: epoch.val_loss)
    assert history.finished and (history.finished.reason, history.finished.kept_epoch) == ("done", best.epoch)


def test_a_stopped_run_goes_on(lab: Lab, tiny: NetworkSpec, slow: TrainingSpec) -> None:
    run = lab.runs.start(tiny, slow)
    until_epoch(lab, run, 1)
    with pytest.raises(StoreError, match=r"This run is still active\. Wait until it has ended"):
        lab.runs.add_epochs(run, 1)
    with pytest.raises(StoreError, match=r"This run is still active\. Stop it first, then delete it\."):
        lab.annotations.delete(run)
    lab.control.stop(run)
    done = ended(lab, run).epochs_done
    lab.runs.add_epochs(run, 1)
    assert (ended(lab, run).state, epochs(lab, run)) == ("finished", list(range(1, done + 2)))


def test_what_cannot_go_on(lab: Lab, parent: str, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    for more in (0, -1, 999):
        with pytest.raises(TrainingError, match=f"at most 1,000 epochs, and continues for at least 1; received {more}"):
            lab.runs.add_epochs(parent, more)
    with pytest.raises(StoreError, match="There is no run with the id “built-in”"):
        lab.runs.add_epochs(builtin.ID, 1)
    run = ended(lab, lab.runs.start(tiny, quick)).id
    shutil.rmtree(lab.store.folder(run))
    with pytest.raises(StoreError, match=r"has no checkpoint to continue from\. Fork it"):
        lab.runs.add_epochs(run, 1)
    assert lab.runs.get(run).state == "finished"
