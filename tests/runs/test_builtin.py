"""The networks that come with the app: small files that read as they say, seen as runs."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.datasets import load, scaled
from cnnlab.network.summary import check, summarize
from cnnlab.runs import builtin
from cnnlab.training import snapshots
from cnnlab.vision.feature_maps import TracedNetwork


@pytest.mark.parametrize("known", builtin.NAMES)
def test_it_is_a_finished_run_with_one_moment(known: str) -> None:
    run = builtin.run(known)
    assert (run.id, run.state, run.active, run.resumable) == (known, "finished", False, False)
    check(run.network, (28, 28, 1), 10, 10**6)
    (moment,) = snapshots.moments(builtin.folder(known))
    assert moment.epoch == run.training.epochs


def test_both_files_are_small_enough_for_git() -> None:
    files = [path for path in builtin.FOLDER.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert sum(path.stat().st_size for path in files) < 2_000_000


def test_the_dense_network_has_as_many_parameters() -> None:
    cnn, dense = (summarize(builtin.run(known).network).parameters for known in (builtin.ID, builtin.DENSE))
    assert dense == pytest.approx(cnn, rel=0.002)


@pytest.mark.parametrize(("known", "least"), [(builtin.ID, 0.99), (builtin.DENSE, 0.96)])
def test_it_reads_digits_that_it_has_not_seen(known: str, least: float) -> None:
    run, folder, data = builtin.run(known), builtin.folder(known), load("mnist-5k")
    weights = snapshots.read(folder, snapshots.moments(folder)[-1])
    assert {array.dtype for arrays in weights.values() for array in arrays} == {np.dtype(np.float32)}
    answers = TracedNetwork(run.network).probabilities(weights, scaled(data.x_test)).argmax(axis=1)
    assert (answers == data.y_test).mean() >= least


def test_what_was_measured_is_written_down_with_the_source_of_the_data() -> None:
    told = builtin.facts(builtin.ID)
    assert told["accuracy"]["mnist_test"] >= 0.995
    conditions = {name: share for name, share in told["accuracy"].items() if name != "mnist_test"}
    assert len(conditions) == 6
    assert min(conditions.values()) >= 0.985
    assert "UCI" in told["data"]
    assert "MNIST" in told["data"]
