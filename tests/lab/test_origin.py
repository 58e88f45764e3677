"""Where a network was trained: a fork of a model from elsewhere stays one, whatever becomes of the other run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnlab.lab.lab import Lab
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import builtin
from cnnlab.runs.archive_files import CONTINUED, IMPORTED, RECORDED
from cnnlab.settings import Settings
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from tests.trained import trained


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    found = Lab(Settings(home=tmp_path), start_engine=False)
    yield found
    found.close()


def line(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec, mark: str) -> list[str]:
    """A run with a mark (or none), a fork of it, and a fork of that."""
    first = trained(lab, tiny, quick).id
    if mark:
        (lab.snapshots.folder(first) / mark).touch()
    second = lab.runs.fork(first, 1, quick)
    snapshots.save(lab.snapshots.folder(second), Moment(0), lab.snapshots.weights(first, Moment(1)))
    third = lab.runs.fork(second, 0, quick)
    for run in (second, third):
        lab.control.stop(run)
    return [first, second, third]


@pytest.mark.parametrize("mark", [IMPORTED, RECORDED])
def test_forks_of_a_model_from_elsewhere(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec, mark: str) -> None:
    runs = line(lab, tiny, quick, mark)
    assert [lab.test_sets.origin(run) for run in runs] == ["elsewhere", "continued", "continued"]
    assert all(map(lab.test_sets.trained_elsewhere, runs))
    report = lab.exports.report(lab.runs.get(runs[2])).content.decode()
    assert "This run started with a network that was trained outside CNN Lab" in report
    # A script's run is deleted; what was trained on with its weights still comes from it.
    lab.annotations.delete(runs[0])
    assert lab.test_sets.origin(runs[1]) == "continued"
    lab.annotations.purge()
    lab.annotations.delete(runs[1])
    lab.annotations.purge()
    assert lab.test_sets.origin(runs[2]) == "continued"
    # In another Lab, too, where its parent is not known.
    taken = lab.imports.run(lab.exports.run_zip(lab.runs.get(runs[2])).content)
    assert (lab.runs.get(taken).parent, lab.test_sets.origin(taken)) == (None, "continued")


def test_forks_that_were_made_before_there_was_a_mark(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    runs = line(lab, tiny, quick, RECORDED)
    for run in runs[1:]:
        (lab.snapshots.folder(run) / CONTINUED).unlink()
    assert [lab.test_sets.origin(run) for run in runs] == ["elsewhere", "continued", "continued"]


def test_forks_of_a_run_of_this_lab(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    runs = line(lab, tiny, quick, "")
    assert [lab.test_sets.origin(run) for run in (*runs, builtin.ID)] == ["here"] * 4
    assert "trained outside CNN Lab" not in lab.exports.report(lab.runs.get(runs[2])).content.decode()


@pytest.mark.parametrize("validation", ["test", "split"])
def test_an_opened_test_set_counts_for_the_dataset_whose_images_are_shown(
    lab: Lab, quick: TrainingSpec, shared_data: Path, monkeypatch: pytest.MonkeyPatch, validation: str
) -> None:
    """The 5,000 digits are training images of MNIST: where MNIST is, its test images judge a fork as well."""
    monkeypatch.setenv("CNNLAB_DATASETS", str(shared_data))
    training = TrainingSpec(dataset="mnist-5k", validation=validation)
    first = lab.store.create("theirs", "", NetworkSpec(), training, "here").id
    lab.snapshots.folder(first).mkdir(parents=True)
    (lab.snapshots.folder(first) / IMPORTED).touch()
    run = lab.store.create("fork", "", NetworkSpec(), training, "here", parent=(first, 1))
    assert lab.test_sets.dataset(run) == "mnist"
    assert lab.test_sets.sealed(run) == (validation == "split")
    lab.test_sets.unseal(run, "Ada")
    assert (lab.test_sets.openings("mnist"), lab.test_sets.openings("mnist-5k")) == (int(validation == "split"), 0)
