"""Going on with runs: more epochs for the same run, and new runs that begin with another's weights."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from cnnlab import builtin
from cnnlab.errors import CNNLabError, StoreError, TrainingError
from cnnlab.lab import Lab
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.events import Finished, Started
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import TrainingSpec
from tests.engine.conftest import ended, epochs, until_epoch


@pytest.fixture(scope="module")
def parent(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> str:
    """A run of two epochs."""
    return ended(lab, lab.start(tiny, quick, "Ada", "parent")).id


def same(one: Weights, other: Weights) -> bool:
    return list(one) == list(other) and all(
        np.array_equal(a, b) for name in one for a, b in zip(one[name], other[name], strict=True)
    )


def test_a_fork_begins_with_the_very_weights_and_goes_its_own_way(lab: Lab, parent: str, quick: TrainingSpec) -> None:
    run = ended(lab, lab.fork(parent, 1, quick.replace(learning_rate=0.01, epochs=1), name="fork", who="Bo"))
    assert (run.state, run.name, run.who, run.parent, run.parent_epoch) == ("finished", "fork", "Bo", parent, 1)
    assert same(lab.weights(run.id, Moment(0)), lab.weights(parent, Moment(1)))
    assert not same(lab.weights(run.id, Moment(1)), lab.weights(parent, Moment(2)))
    # It learned from there: from anew, the first epoch is far worse.
    assert lab.history(run.id).epochs[0].loss < lab.history(parent).epochs[0].loss
    assert lab.run(parent).epochs_done == 2


def test_a_fork_of_a_fork_and_of_a_batch(lab: Lab, parent: str, quick: TrainingSpec) -> None:
    moment = Moment(0, 3)
    child = ended(lab, lab.fork(parent, moment, quick.replace(epochs=1)))
    assert (child.name, child.parent, child.parent_epoch) == ("parent", parent, 0)
    assert same(lab.weights(child.id, Moment(0)), lab.weights(parent, moment))
    grandchild = ended(lab, lab.fork(child.id, 1, quick.replace(epochs=1)))
    assert same(lab.weights(grandchild.id, Moment(0)), lab.weights(child.id, Moment(1)))


def test_a_fork_outlives_its_parent(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    parent = ended(lab, lab.start(tiny, quick)).id
    before = lab.weights(parent, Moment(2))
    run = lab.fork(parent, 2, quick.replace(epochs=1))
    lab.delete(parent)
    lab.purge()
    assert ended(lab, run).state == "finished"
    assert same(lab.weights(run, Moment(0)), before)
    lab.continue_run(run, 1)
    assert (ended(lab, run).state, epochs(lab, run)) == ("finished", [1, 2])


def test_a_built_in_network_can_be_trained_on(lab: Lab) -> None:
    (moment,) = lab.moments(builtin.ID)
    training = TrainingSpec(train_size=64, batch_size=32, epochs=1)
    run = ended(lab, lab.fork(builtin.ID, moment, training))
    assert (run.state, run.parent, run.parent_epoch) == ("finished", builtin.ID, moment.epoch)
    assert same(lab.weights(run.id, Moment(0)), lab.weights(builtin.ID, moment))


def test_images_learned_besides(lab: Lab, parent: str, quick: TrainingSpec) -> None:
    """So many zeros shown so often that the network says nothing else any more."""
    data = lab.dataset("digits-8x8")
    zeros = data.x_train[data.y_train == 0][:10]
    extra = zeros, np.zeros(len(zeros), np.int64), 100
    run = ended(lab, lab.fork(parent, 2, quick.replace(learning_rate=0.02, epochs=3), extra=extra))
    (started,) = [event for _, event in lab.events(run.id) if isinstance(event, Started)]
    # Four fifths of 300 images, and the ten a hundred times; the validation images stay what they are.
    assert (started.train_images, started.validation_images) == (240 + 1000, 60)
    answers = lab.predict(run.id, zeros.astype(np.float32) / 255)
    assert answers[:, 0].min() > 0.95 > lab.predict(parent, zeros.astype(np.float32) / 255)[:, 0].min()


def test_what_is_no_fork(lab: Lab, parent: str, quick: TrainingSpec) -> None:
    data, before = lab.dataset("digits-8x8"), [run.id for run in lab.runs()]
    images, labels = data.x_train[:3], data.y_train[:3]
    other = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=10, activation="softmax")))
    with pytest.raises(CNNLabError, match="weights of this run at that moment are not there"):
        lab.fork(parent, 77, quick)
    with pytest.raises(TrainingError, match=r"its layers have 650, but received 20 · 730\. Keep the layers"):
        lab.fork(parent, 1, quick, other)
    for run in ("nosuch", "../../etc", "\udc80", "x" * 10_000):
        with pytest.raises(StoreError, match="There is no run with the id"):
            lab.fork(run, 1, quick)
    for extra, said in (
        ((images.astype(np.float32), labels, 1), "should be uint8 8×8×1 with one label each; received float32 8×8×1"),
        ((images[:, :7], labels, 1), "received uint8 7×8×1"),
        ((images, labels[:2], 1), "3 / 2"),
        ((images, labels + 10, 1), "whole numbers from 0 to 9, at least one"),
        ((images[:0], labels[:0], 1), "whole numbers from 0 to 9, at least one"),
        ((images, labels, 0), "3 images, each 0 times"),
        ((images, labels, 101), "3 images, each 101 times"),
        ((np.repeat(images, 500, 0), np.repeat(labels, 500), 100), "1,500 images, each 100 times"),
    ):
        with pytest.raises(TrainingError, match=said):
            lab.fork(parent, 1, quick, extra=extra)
    assert [run.id for run in lab.runs()] == before


def test_more_epochs_of_the_same_run(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    run = ended(lab, lab.start(tiny, quick)).id
    first = lab.history(run).epochs[:]
    lab.continue_run(run, 3)
    longer = ended(lab, run)
    assert (longer.state, longer.training, longer.epochs_done) == ("finished", quick.replace(epochs=5), 5)
    assert epochs(lab, run) == [1, 2, 3, 4, 5]
    history = lab.history(run)
    assert history.epochs[:2] == first and len(history.epochs) == 5
    assert history.started is not None and (history.started.resumed_epoch, history.started.epochs) == (2, 5)
    assert [event.reason for _, event in lab.events(run) if isinstance(event, Finished)] == ["done"]
    assert longer.seconds == pytest.approx(sum(epoch.seconds for epoch in history.epochs))
    assert Moment(5) in lab.moments(run)


def test_a_longer_cosine_ends_where_the_training_ends(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    run = ended(lab, lab.start(tiny, quick.replace(schedule="cosine", warmup_epochs=0))).id
    lab.continue_run(run, 2)
    ended(lab, run)
    rates = [epoch.learning_rate for epoch in lab.history(run).epochs]
    # Half a cosine over two epochs, then the last two quarters of one over four.
    assert rates == pytest.approx([0.0005, 0.0, 0.001 * 0.5 * (1 - 0.5**0.5), 0.0], abs=1e-6)


def test_a_run_that_stopped_early_goes_on_as_long_as_it_is_asked_to(
    lab: Lab, tiny: NetworkSpec, quick: TrainingSpec
) -> None:
    # So large steps that the validation loss soon rises.
    early = quick.replace(learning_rate=0.5, epochs=50, early_stopping=True, patience=0)
    run = ended(lab, lab.start(tiny, early))
    history = lab.history(run.id)
    assert history.finished and history.finished.reason == "early"
    lab.continue_run(run.id, 2)
    longer = ended(lab, run.id)
    assert (longer.epochs_done, longer.training.early_stopping) == (run.epochs_done + 2, False)
    history = lab.history(run.id)
    best = min(history.epochs, key=lambda epoch: epoch.val_loss)
    assert history.finished and (history.finished.reason, history.finished.kept_epoch) == ("done", best.epoch)


def test_a_stopped_run_goes_on(lab: Lab, tiny: NetworkSpec, slow: TrainingSpec) -> None:
    run = lab.start(tiny, slow)
    until_epoch(lab, run, 1)
    with pytest.raises(StoreError, match=r"This run is still going on\. Wait until it has ended"):
        lab.continue_run(run, 1)
    with pytest.raises(StoreError, match=r"This run is still going on\. Stop it first, then delete it\."):
        lab.delete(run)
    lab.stop(run)
    done = ended(lab, run).epochs_done
    lab.continue_run(run, 1)
    assert (ended(lab, run).state, epochs(lab, run)) == ("finished", list(range(1, done + 2)))


def test_what_cannot_go_on(lab: Lab, parent: str, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    for more in (0, -1, 999):
        with pytest.raises(TrainingError, match=f"at most 1,000 epochs, and goes on for at least one; received {more}"):
            lab.continue_run(parent, more)
    with pytest.raises(StoreError, match="There is no run with the id “built-in”"):
        lab.continue_run(builtin.ID, 1)
    run = ended(lab, lab.start(tiny, quick)).id
    shutil.rmtree(lab.store.folder(run))
    with pytest.raises(StoreError, match=r"has no checkpoint from which it could go on\. Fork it"):
        lab.continue_run(run, 1)
    assert lab.run(run).state == "finished"
