"""Runs that start from other runs: their weights, what is said when they are missing, and a run's file elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cnnlab.errors import NetworkError
from cnnlab.lab.lab import Lab
from cnnlab.network import editing, transfer
from cnnlab.network.layers import Dropout
from cnnlab.network.quick_fixes import Requirements, apply_quick_fix
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import builtin
from cnnlab.runs.archive_files import IMPORTED
from cnnlab.runs.origin import origin
from cnnlab.runs.run import Run
from cnnlab.settings import Settings
from cnnlab.training import initial_state, snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from tests.trained import trained

NEEDS = Requirements((8, 8, 1), 10)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    one = Lab(Settings(home=tmp_path_factory.mktemp("lab")), start_engine=False)
    yield one
    one.close()


@pytest.fixture(scope="module")
def source(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> Run:
    return trained(lab, tiny, quick.replace(epochs=1))


@pytest.fixture(scope="module")
def begun(source: Run) -> NetworkSpec:
    return transfer.start_from(source.network, source.id, (1, 0), (8, 8, 1), 10)


@pytest.fixture(scope="module")
def run(lab: Lab, begun: NetworkSpec, quick: TrainingSpec) -> Run:
    return trained(lab, begun, quick.replace(epochs=1))


def test_a_run_has_the_weights_it_started_with(lab: Lab, source: Run, run: Run) -> None:
    given = lab.snapshots.weights(source.id, Moment(1))
    assert list(initial_state.read(lab.store.folder(run.id)).weights or {}) == ["conv2d"]
    for moment in (Moment(0), Moment(1)):
        found = lab.snapshots.weights(run.id, moment)
        assert all(np.array_equal(a, b) for a, b in zip(found["conv2d"], given["conv2d"], strict=True))
    # The head is new.
    assert not np.array_equal(lab.snapshots.weights(run.id, Moment(0))["dense"][0], given["dense"][0])


def test_weights_go_to_the_layers_that_have_weights(lab: Lab, begun: NetworkSpec) -> None:
    lab.start_weights.check(editing.insert(begun, 0, Dropout()))
    assert list(lab.start_weights.weights(editing.insert(begun, 0, Dropout())) or {}) == ["conv2d"]
    assert lab.start_weights.weights(begun.replace(start=None)) is None


def test_the_built_in_network_is_everywhere(lab: Lab) -> None:
    network = builtin.run(builtin.ID).network
    one = transfer.start_from(network, builtin.ID, tuple(lab.snapshots.final(builtin.ID)), (28, 28, 1), 4)
    weights = lab.start_weights.weights(one)
    assert weights and sum(array.size for arrays in weights.values() for array in arrays) == 196_960


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"run": "gone"}, "the run “gone”, which this Lab does not have"),
        ({"run": "../../etc"}, "which this Lab does not have"),
        ({"epoch": 7}, "that no longer exists (epoch 7)"),
    ],
)
def test_a_start_that_does_not_exist_here(
    lab: Lab, begun: NetworkSpec, quick: TrainingSpec, changes: dict[str, object], message: str
) -> None:
    assert begun.start is not None
    network = begun.replace(start=begun.start.model_copy(update=changes))
    for attempt in (lab.start_weights.check, lambda one: lab.runs.start(one, quick)):
        with pytest.raises(NetworkError) as refused:
            attempt(network)
        assert message in str(refused.value)
    # One click trains it from scratch.
    assert apply_quick_fix(network, refused.value, NEEDS) == begun.replace(start=None)
    assert [run for run in lab.runs.all() if run.state == "queued"] == []


def test_weights_of_other_layers(lab: Lab, begun: NetworkSpec) -> None:
    assert begun.start is not None
    other = begun.replace(layers=editing.update_layer(begun, 0, filters=3).layers, start=begun.start)
    with pytest.raises(NetworkError, match=r"do not fit layer 1 \(Conv2D\)"):
        lab.start_weights.check(other)


def test_a_deleted_run_is_a_missing_one(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    deleted = trained(lab, tiny, quick.replace(epochs=1))
    network = transfer.start_from(tiny, deleted.id, (1, 0), (8, 8, 1), 10)
    lab.start_weights.check(network)
    lab.annotations.delete(deleted.id)
    with pytest.raises(NetworkError, match="which this Lab does not have"):
        lab.start_weights.check(network)


def test_a_run_is_whole_in_another_lab(lab: Lab, run: Run, tmp_path: Path) -> None:
    other = Lab(Settings(home=tmp_path), start_engine=False)
    found = other.runs.get(other.imports.run(lab.exports.run_zip(run).content))
    assert found.network == run.network
    assert found.network.start and other.exports.start_weights(found) == lab.exports.start_weights(run)
    given, received = (
        initial_state.read(one.store.folder(name)).weights for one, name in ((lab, run.id), (other, found.id))
    )
    assert given and received and np.array_equal(given["conv2d"][0], received["conv2d"][0])
    # A fork has all its weights, so it needs no other run.
    fork = other.runs.fork(found.id, 1, run.training)
    assert list(initial_state.read(other.store.folder(fork)).weights or {}) == ["conv2d", "dense"]
    other.close()


def test_it_is_remembered_that_a_start_came_from_elsewhere(
    lab: Lab, tiny: NetworkSpec, begun: NetworkSpec, quick: TrainingSpec
) -> None:
    foreign = trained(lab, tiny, quick.replace(epochs=1))
    (lab.store.folder(foreign.id) / IMPORTED).touch()
    started = lab.runs.start(transfer.start_from(tiny, foreign.id, (1, 0), (8, 8, 1), 10), quick)
    assert origin(lab.store, started) == "continued"
    assert origin(lab.store, lab.runs.start(begun, quick)) == "here"


def test_the_file_for_the_script(lab: Lab, begun: NetworkSpec, source: Run, run: Run, tmp_path: Path) -> None:
    (tmp_path / "start.npz").write_bytes(lab.start_weights.file(begun))
    assert lab.exports.start_weights(run).name == "start-weights.npz"
    with np.load(tmp_path / "start.npz") as kept:
        given = snapshots.read(lab.store.folder(source.id), Moment(1))["conv2d"]
        assert kept.files == ["conv2d.0", "conv2d.1"]
        np.testing.assert_array_equal(kept["conv2d.0"], given[0])
