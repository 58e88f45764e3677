"""Keeping order, through a Lab without workers: names, notes, tags, deleting, seals."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnlab.errors import StoreError
from cnnlab.lab.lab import Lab
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import builtin
from cnnlab.runs.owner_process import process_mark
from cnnlab.runs.run import one_line, several_lines, tag_list
from cnnlab.settings import Settings
from cnnlab.training.spec import TrainingSpec
from tests.runs.test_store import epoch

NAMES = [
    "mein Netz",
    "나의 신경망",
    "شبكتي",
    "🧠",
    "'; DROP TABLE runs; --",
    "<script>alert(1)</script>",
    "../../etc",
    "%_*?",
]
HOSTILE = ["nosuch", "", "..", "../../etc/passwd", "' OR 1=1 --", "\0", "\udc80", "x" * 100_000, "나의 신경망"]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    found = Lab(Settings(home=tmp_path), start_engine=False)
    yield found
    found.close()


def finished(lab: Lab, training: TrainingSpec | None = None, name: str = "run") -> str:
    """A run that has ended, with a file."""
    run = lab.store.create(
        name, "Ada", NetworkSpec(name="net"), training or TrainingSpec(), process_mark(), running=True
    ).id
    lab.store.append(run, epoch(1))
    lab.store.set_state(run, "finished")
    lab.snapshots.folder(run).mkdir(parents=True)
    (lab.snapshots.folder(run) / "model.keras").write_bytes(b"weights")
    return run


@pytest.mark.parametrize("name", NAMES)
def test_any_name_note_and_tag(lab: Lab, name: str) -> None:
    run, other = finished(lab), finished(lab)
    lab.annotations.rename(run, name)
    lab.annotations.note(run, f"{name}\n{name}")
    lab.annotations.tag(run, [name, "second"])
    found = lab.runs.get(run)
    assert (found.name, found.note, found.tags) == (name, f"{name}\n{name}", (name[:30], "second"))
    assert (lab.runs.get(other).name, lab.runs.get(other).note, lab.runs.get(other).tags) == ("run", "", ())


def test_long_empty_and_odd_names(lab: Lab) -> None:
    run = finished(lab)
    for given, kept in (("나" * 100, "나" * 80), ("  a \n\t b\0c ", "a b c"), ("half \udc80", "half"), ("", "net")):
        lab.annotations.rename(run, given)
        assert lab.runs.get(run).name == kept


def test_texts_as_they_are_kept() -> None:
    assert one_line("e\u0301\u2028x", 80) == "é x"
    assert one_line("ab cd", 3) == "ab"
    assert several_lines(" a \r\n\n b\x07 ", 80) == "a\n\n b"
    assert tag_list(["  Digits ", "", "digits", "b" * 40, *map(str, range(20))]) == (
        *("Digits", "b" * 30),
        *map(str, range(8)),
    )


def test_several_rename_at_once_and_the_last_one_wins(lab: Lab) -> None:
    run, failed = finished(lab), []

    def rename(person: int) -> None:
        try:
            for number in range(20):
                lab.annotations.rename(run, f"{person}-{number}")
                lab.annotations.tag(run, [str(person)])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=rename, args=(person,)) for person in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert lab.runs.get(run).name in {f"{person}-19" for person in range(4)}


@pytest.mark.parametrize("run", HOSTILE)
def test_ids_that_no_run_has(lab: Lab, run: str) -> None:
    known = finished(lab)
    for act in (
        lab.runs.get,
        lab.runs.resume,
        lab.control.stop,
        lab.annotations.delete,
        lab.annotations.undelete,
        lab.test_sets.sealed,
        lambda run: lab.annotations.rename(run, "x"),
        lambda run: lab.annotations.note(run, "x"),
        lambda run: lab.annotations.tag(run, ["x"]),
        lambda run: lab.runs.add_epochs(run, 1),
        lambda run: lab.runs.fork(run, 1, TrainingSpec()),
        lambda run: lab.test_sets.unseal(run, "Ada"),
        lambda run: lab.test_sets.note_accuracy(run, 0.5),
    ):
        with pytest.raises(StoreError, match="There is no run with the id"):
            act(run)
    assert [found.id for found in lab.runs.all()] == [known]
    assert lab.test_sets.openings("mnist-5k") == 0


def test_deleted_and_brought_back(lab: Lab) -> None:
    run, other = finished(lab, name="gone"), finished(lab)
    lab.annotations.delete(run)
    lab.annotations.delete(run)
    assert [found.id for found in lab.runs.all()] == [other]
    assert [found.id for found in lab.annotations.deleted()] == [run]
    with pytest.raises(StoreError) as refused:
        lab.runs.get(run)
    assert refused.value.sentences() == (
        "The run “gone” was deleted.",
        "Restore it on the Runs page, or choose another.",
    )
    for act in (
        lambda: lab.annotations.rename(run, "x"),
        lambda: lab.runs.add_epochs(run, 1),
        lambda: lab.runs.resume(run),
    ):
        with pytest.raises(StoreError, match="The run “gone” was deleted"):
            act()
    assert (lab.snapshots.folder(run) / "model.keras").exists() and len(lab.runs.events(run)) == 1
    lab.annotations.undelete(run)
    assert [found.id for found in lab.runs.all()] == [other, run] and lab.annotations.deleted() == []
    assert lab.runs.get(run).name == "gone" and (lab.snapshots.folder(run) / "model.keras").exists()


def test_removed_for_good(lab: Lab) -> None:
    first, second, kept = finished(lab), finished(lab), finished(lab)
    for run in (first, second):
        lab.annotations.delete(run)
    lab.annotations.purge(first, kept)
    assert [found.id for found in lab.annotations.deleted()] == [second]
    assert not lab.snapshots.folder(first).exists() and lab.runs.events(first) == []
    assert lab.snapshots.folder(second).exists() and lab.snapshots.folder(kept).exists()
    with pytest.raises(StoreError, match="There is no run with the id"):
        lab.annotations.undelete(first)
    lab.close()
    again = Lab(lab.settings, start_engine=False)
    assert again.annotations.deleted() == [] and [found.id for found in again.runs.all()] == [kept]
    assert not again.snapshots.folder(second).exists() and again.snapshots.folder(kept).exists()
    again.close()


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_is_going_is_not_deleted(lab: Lab, state: str) -> None:
    run = lab.store.create("", "", NetworkSpec(), TrainingSpec(), process_mark(), running=state == "running").id
    with pytest.raises(StoreError) as refused:
        lab.annotations.delete(run)
    assert refused.value.sentences() == ("This run is still active.", "Stop it first, then delete it.")
    assert [found.id for found in lab.runs.all()] == [run]


def test_seals(lab: Lab) -> None:
    first, second, elsewhere = finished(lab), finished(lab), finished(lab, TrainingSpec(dataset="mnist"))
    assert (
        all(lab.test_sets.sealed(run) for run in (first, second, elsewhere)) and lab.test_sets.openings("mnist-5k") == 0
    )
    with pytest.raises(StoreError, match=r"The test set of this run is sealed\. Break the seal first\."):
        lab.test_sets.note_accuracy(first, 0.9)
    lab.test_sets.unseal(lab.runs.get(first), "Ada")
    lab.test_sets.unseal(first, "Bo")
    assert (lab.test_sets.sealed(first), lab.test_sets.sealed(lab.runs.get(second))) == (False, True)
    assert lab.store.rows("SELECT dataset, run, who FROM seals")[0][:] == ("mnist-5k", first, "Ada")
    assert (lab.test_sets.openings("mnist-5k"), lab.test_sets.openings("mnist")) == (1, 0)
    assert lab.runs.get(first).test_accuracy is None
    lab.test_sets.note_accuracy(first, 0.875)
    assert lab.runs.get(first).test_accuracy == 0.875
    # What has been looked at stays looked at.
    lab.annotations.delete(first)
    lab.annotations.purge()
    assert lab.test_sets.openings("mnist-5k") == 1


def test_what_was_never_sealed(lab: Lab) -> None:
    run = finished(lab, TrainingSpec(validation="test"))
    assert not lab.test_sets.sealed(run) and not lab.test_sets.sealed(builtin.ID)
    lab.test_sets.unseal(run, "Ada")
    lab.test_sets.unseal(builtin.ID, "Ada")
    lab.test_sets.note_accuracy(run, 0.5)
    lab.test_sets.note_accuracy(builtin.ID, 0.5)
    assert (lab.runs.get(run).test_accuracy, lab.test_sets.openings("mnist-5k")) == (0.5, 0)
