"""Keeping order, through a Lab without workers: names, notes, tags, deleting, seals."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnlab import builtin
from cnnlab.errors import StoreError
from cnnlab.lab import Lab
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.process import process_mark
from cnnlab.runs.record import one_line, several_lines, tag_list
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
    )
    lab.store.append(run, epoch(1))
    lab.store.set_state(run, "finished")
    lab.folder(run).mkdir(parents=True)
    (lab.folder(run) / "model.keras").write_bytes(b"weights")
    return run


@pytest.mark.parametrize("name", NAMES)
def test_any_name_note_and_tag(lab: Lab, name: str) -> None:
    run, other = finished(lab), finished(lab)
    lab.rename(run, name)
    lab.note(run, f"{name}\n{name}")
    lab.tag(run, [name, "second"])
    found = lab.run(run)
    assert (found.name, found.note, found.tags) == (name, f"{name}\n{name}", (name[:30], "second"))
    assert (lab.run(other).name, lab.run(other).note, lab.run(other).tags) == ("run", "", ())


def test_long_empty_and_odd_names(lab: Lab) -> None:
    run = finished(lab)
    for given, kept in (("나" * 100, "나" * 80), ("  a \n\t b\0c ", "a b c"), ("half \udc80", "half"), ("", "net")):
        lab.rename(run, given)
        assert lab.run(run).name == kept


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
                lab.rename(run, f"{person}-{number}")
                lab.tag(run, [str(person)])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=rename, args=(person,)) for person in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert lab.run(run).name in {f"{person}-19" for person in range(4)}


@pytest.mark.parametrize("run", HOSTILE)
def test_ids_that_no_run_has(lab: Lab, run: str) -> None:
    known = finished(lab)
    for act in (
        lab.run, lab.delete, lab.undelete, lab.sealed, lab.resume, lab.stop, lambda run: lab.rename(run, "x"),
        lambda run: lab.note(run, "x"), lambda run: lab.tag(run, ["x"]), lambda run: lab.continue_run(run, 1),
        lambda run: lab.fork(run, 1, TrainingSpec()), lambda run: lab.unseal(run, "Ada"),
        lambda run: lab.note_test_accuracy(run, 0.5),
    ):  # fmt: skip
        with pytest.raises(StoreError, match="There is no run with the id"):
            act(run)
    assert [found.id for found in lab.runs()] == [known]
    assert lab.openings("mnist-5k") == 0


def test_deleted_and_brought_back(lab: Lab) -> None:
    run, other = finished(lab, name="gone"), finished(lab)
    lab.delete(run)
    lab.delete(run)
    assert [found.id for found in lab.runs()] == [other]
    assert [found.id for found in lab.deleted()] == [run]
    with pytest.raises(StoreError) as refused:
        lab.run(run)
    assert refused.value.sentences() == (
        "The run “gone” was deleted.",
        "Bring it back on the Runs page, or pick another.",
    )
    for act in (lambda: lab.rename(run, "x"), lambda: lab.continue_run(run, 1), lambda: lab.resume(run)):
        with pytest.raises(StoreError, match="The run “gone” was deleted"):
            act()
    assert (lab.folder(run) / "model.keras").exists() and len(lab.events(run)) == 1
    lab.undelete(run)
    assert [found.id for found in lab.runs()] == [other, run] and lab.deleted() == []
    assert lab.run(run).name == "gone" and (lab.folder(run) / "model.keras").exists()


def test_removed_for_good(lab: Lab) -> None:
    first, second, kept = finished(lab), finished(lab), finished(lab)
    for run in (first, second):
        lab.delete(run)
    lab.purge(first, kept)
    assert [found.id for found in lab.deleted()] == [second]
    assert not lab.folder(first).exists() and lab.events(first) == []
    assert lab.folder(second).exists() and lab.folder(kept).exists()
    with pytest.raises(StoreError, match="There is no run with the id"):
        lab.undelete(first)
    lab.close()
    again = Lab(lab.settings, start_engine=False)
    assert again.deleted() == [] and [found.id for found in again.runs()] == [kept]
    assert not again.folder(second).exists() and again.folder(kept).exists()
    again.close()


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_is_going_is_not_deleted(lab: Lab, state: str) -> None:
    run = lab.store.create("", "", NetworkSpec(), TrainingSpec(), process_mark(), running=state == "running")
    with pytest.raises(StoreError) as refused:
        lab.delete(run)
    assert refused.value.sentences() == ("This run is still going on.", "Stop it first, then delete it.")
    assert [found.id for found in lab.runs()] == [run]


def test_seals(lab: Lab) -> None:
    first, second, elsewhere = finished(lab), finished(lab), finished(lab, TrainingSpec(dataset="mnist"))
    assert all(lab.sealed(run) for run in (first, second, elsewhere)) and lab.openings("mnist-5k") == 0
    with pytest.raises(StoreError, match=r"The test set of this run is sealed\. Break the seal first\."):
        lab.note_test_accuracy(first, 0.9)
    lab.unseal(lab.run(first), "Ada")
    lab.unseal(first, "Bo")
    assert (lab.sealed(first), lab.sealed(lab.run(second))) == (False, True)
    assert lab.store.rows("SELECT dataset, run, who FROM seals")[0][:] == ("mnist-5k", first, "Ada")
    assert (lab.openings("mnist-5k"), lab.openings("mnist")) == (1, 0)
    assert lab.run(first).test_accuracy is None
    lab.note_test_accuracy(first, 0.875)
    assert lab.run(first).test_accuracy == 0.875
    # What has been looked at stays looked at.
    lab.delete(first)
    lab.purge()
    assert lab.openings("mnist-5k") == 1


def test_what_was_never_sealed(lab: Lab) -> None:
    run = finished(lab, TrainingSpec(validation="test"))
    assert not lab.sealed(run) and not lab.sealed(builtin.ID)
    lab.unseal(run, "Ada")
    lab.unseal(builtin.ID, "Ada")
    lab.note_test_accuracy(run, 0.5)
    lab.note_test_accuracy(builtin.ID, 0.5)
    assert (lab.run(run).test_accuracy, lab.openings("mnist-5k")) == (0.5, 0)
