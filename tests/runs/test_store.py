"""The store on real files: what is kept, in which order, and what it says when the disk does not play along."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnlab.errors import CNNLabError, DatasetError, NetworkError, StoreError
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.run import Run, error_from_json, error_to_json
from cnnlab.runs.seals import Seals
from cnnlab.runs.store import RunStore
from cnnlab.training.events import AnyEvent, Epoch, Finished, Started
from cnnlab.training.spec import TrainingSpec

HERE = "this server"


def epoch(n: int, loss: float = 1.0) -> Epoch:
    return Epoch(
        epoch=n,
        loss=loss,
        accuracy=0.5,
        val_loss=1.0,
        val_accuracy=0.5,
        seconds=1.0,
        learning_rate=0.001,
        examples_per_second=100.0,
    )


def started() -> Started:
    return Started(epochs=2, steps=5, train_images=240, validation_images=60, parameters=750)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def queued(store: RunStore, who: str, name: str = "", tiny: NetworkSpec | None = None) -> str:
    return store.create(name, who, tiny or NetworkSpec(), TrainingSpec(), HERE).id


def test_a_run_is_as_it_was_given(store: RunStore, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    run = store.get(store.create("first", "Ada", tiny, quick, HERE).id)
    assert (run.name, run.who, run.state, run.network, run.training, run.server) == (
        *("first", "Ada", "queued"),
        *(tiny, quick, HERE),
    )
    assert (run.started, run.ended, run.error, run.details) == (None, None, None, "")
    assert run.active and not run.resumable
    assert store.folder(run.id).parent.name == "runs" and not store.folder(run.id).exists()


def test_the_life_of_a_run(store: RunStore) -> None:
    run = queued(store, "Ada")
    store.set_state(run, "running")
    first = store.get(run)
    assert first.started is not None and first.ended is None
    store.set_state(run, "failed", DatasetError("No {what}.", "Get it.", what="data"), "Traceback")
    failed = store.get(run)
    assert (failed.started, failed.state, failed.details) == (first.started, "failed", "Traceback")
    assert failed.ended is not None and failed.resumable
    assert str(failed.error) == "No data. Get it."
    store.requeue(run, "another server")
    again = store.get(run)
    assert (again.state, again.error, again.details, again.ended, again.server) == (
        *("queued", None, "", None),
        "another server",
    )


def test_an_event_is_kept_once(store: RunStore) -> None:
    run, other = queued(store, "Ada"), queued(store, "Ada")
    start, finish = started(), Finished(reason="stopped", kept_epoch=1)
    events: list[AnyEvent] = [start, epoch(1), epoch(1, loss=9.0), start, epoch(2), finish, finish]
    for event in events:
        store.append(run, event)
    kept = store.events(run)
    assert [(n, event.key) for n, event in kept] == [
        (1, start.key),
        (2, "epoch-1"),
        (3, "epoch-2"),
        (4, "finished"),
    ]
    assert kept[1][1].model_dump()["loss"] == 1.0
    assert [n for n, _ in store.events(run, after=2)] == [3, 4]
    assert store.events(run, after=4) == store.events(other) == []


def test_a_resumed_run_may_finish_again(store: RunStore) -> None:
    run = queued(store, "Ada")
    for event in (epoch(1), Finished(reason="stopped", kept_epoch=1)):
        store.append(run, event)
    store.set_state(run, "stopped")
    store.requeue(run, HERE)
    last = Finished(reason="done", kept_epoch=2)
    for event in (epoch(1), epoch(2), last):
        store.append(run, event)
    assert [event.key for _, event in store.events(run)] == ["epoch-1", "epoch-2", "finished"]
    assert store.events(run)[-1][1] == last


def test_nothing_is_lost_by_closing(tmp_path: Path, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    first = RunStore(tmp_path / "deep" / "home")
    run = first.create("first", "Ada", tiny, quick, HERE).id
    first.append(run, epoch(1))
    before = first.get(run), first.events(run)
    first.close()
    second = RunStore(tmp_path / "deep" / "home")
    assert (second.get(run), second.events(run)) == before


def order(store: RunStore) -> list[str]:
    return [run.name for run in store.queue(HERE)]


def test_the_queue_is_fair_over_three_people(store: RunStore) -> None:
    for name in ("a1", "a2", "a3", "b1", "b2", "c1"):
        queued(store, name[0], name)
    assert order(store) == ["a1", "b1", "c1", "a2", "b2", "a3"]
    # The first two are being trained; whoever asks now comes in this round, but after those who asked before.
    for run in store.queue(HERE)[:2]:
        store.set_state(run.id, "running")
    queued(store, "d", "d1")
    queued(store, "c", "c2")
    assert order(store) == ["c1", "d1", "a2", "b2", "c2", "a3"]


def test_whoever_waited_long_has_no_credit(store: RunStore) -> None:
    for name in ("a1", "a2", "a3"):
        queued(store, "a", name)
    for run in store.queue(HERE)[:2]:
        store.set_state(run.id, "running")
        store.set_state(run.id, "finished")
    for name in ("b1", "b2"):
        queued(store, "b", name)
    assert order(store) == ["b1", "a3", "b2"]


def test_leaving_the_queue_does_not_push_the_others_back(store: RunStore) -> None:
    left = [queued(store, "a", f"a{n}") for n in range(20)]
    for name in ("b1", "b2", "b3"):
        queued(store, "b", name)
    for run in left:
        store.set_state(run, "stopped")
    queued(store, "c", "c1")
    assert order(store) == ["b1", "c1", "b2", "b3"]


def test_each_server_has_its_own_queue(store: RunStore) -> None:
    queued(store, "a", "mine")
    store.create("theirs", "a", NetworkSpec(), TrainingSpec(), "another server")
    assert order(store) == ["mine"]


def test_runs_by_state_newest_first(store: RunStore) -> None:
    first, second, third = (queued(store, "a") for _ in range(3))
    store.set_state(second, "running")
    assert [run.id for run in store.runs()] == [third, second, first]
    assert [run.id for run in store.runs("running")] == [second]
    assert [run.id for run in store.runs("queued", "running")] == [third, second, first]
    assert store.runs("failed") == []


def test_no_such_run(store: RunStore) -> None:
    with pytest.raises(StoreError) as refused:
        store.get("x" * 60)
    assert refused.value.sentences() == (
        f"There is no run with the id “{'x' * 40}” in this Lab.",
        "Choose one from the list, or start a new one.",
    )


def test_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    RunStore(tmp_path).close()
    with sqlite3.connect(tmp_path / "cnnlab.sqlite3") as database:
        database.execute("PRAGMA user_version = 5")
    database.close()
    with pytest.raises(StoreError) as refused:
        RunStore(tmp_path)
    assert refused.value.sentences() == (
        f"The Lab's folder {tmp_path} was written by a newer CNN Lab (format 5; this one reads 4).",
        "Update CNN Lab, or set CNNLAB_HOME to another folder.",
    )


REMEDY = "Free some space, fix its permissions, or set CNNLAB_HOME to a writable folder."


def test_a_home_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" / "home"
    with pytest.raises(StoreError) as refused:
        RunStore(home)
    problem, remedy = refused.value.sentences()
    assert problem == f"The Lab's folder {home} cannot be used ([Errno 20] Not a directory: '{home}')."
    assert remedy == REMEDY


def damaged_by(tmp_path: Path, damage: Callable[[Path], None]) -> RunStore:
    """A store that is opened after something happened to its database."""
    store = RunStore(tmp_path)
    for number in range(200):
        queued(store, "Ada", f"run {number}")
    store.close()
    damage(tmp_path / "cnnlab.sqlite3")
    return RunStore(tmp_path)


def scribble(database: Path) -> None:
    """The middle of the file is overwritten: it begins well."""
    with database.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"scribble" * 1024)


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"no database " * 500), scribble])
def test_a_damaged_database_is_kept_aside(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    store = damaged_by(tmp_path, damage)
    (aside,) = tmp_path.glob("cnnlab-damaged-*.sqlite3")
    assert store.damage is not None
    problem, remedy = store.damage.sentences()
    assert problem.startswith("The Lab's database was damaged (")
    assert f"It was kept as {aside}, and an empty one was created" in problem
    assert remedy == "If you have a backup of the database, stop the Lab and put the backup in its place."
    assert aside.stat().st_size > 4096 and store.runs() == []
    run = queued(store, "Ada")
    store.close()
    again = RunStore(tmp_path)
    assert again.damage is None and [one.id for one in again.runs()] == [run]


def test_a_healthy_database_is_left_where_it_is(tmp_path: Path) -> None:
    store = damaged_by(tmp_path, lambda path: None)
    assert store.damage is None and len(store.runs()) == 200
    assert list(tmp_path.glob("cnnlab-damaged-*")) == []


@pytest.mark.parametrize("run", ["", ".", "..", "../other", "/etc", "a\\b", "a\0b"])
def test_no_folder_outside(store: RunStore, run: str) -> None:
    with pytest.raises(StoreError, match="There is no run with the id"):
        store.folder(run)


def test_figures_are_kept_up_to_date(store: RunStore, tiny: NetworkSpec) -> None:
    run = queued(store, "Ada", tiny=tiny)
    # 3·3·1·2 + 2 and 6·6·2·10 + 10 weights; 6·6 places of 3·3·1·2 and 72·10 multiplications.
    assert (store.get(run).parameters, store.get(run).multiply_adds) == (750, 1368)
    assert (store.get(run).epochs_done, store.get(run).seconds) == (0, 0.0)
    assert (store.get(run).best_epoch, store.get(run).best_val_accuracy) == (None, None)
    for n, accuracy in enumerate((0.5, 0.9, 0.9, math.nan, 0.7), 1):
        event = epoch(n).model_copy(update={"val_accuracy": accuracy, "seconds": 1.5})
        store.append(run, event)
        store.append(run, event)
    found = store.get(run)
    assert (found.epochs_done, found.seconds, found.best_epoch, found.best_val_accuracy) == (5, 7.5, 2, 0.9)
    assert found.test_accuracy is None


def test_no_number_of_an_event_is_used_twice(store: RunStore) -> None:
    """A page that has read so far must not miss what comes after a run is resumed."""
    run = queued(store, "Ada")
    for event in (epoch(1), Finished(reason="stopped", kept_epoch=1)):
        store.append(run, event)
    store.set_state(run, "stopped")
    store.requeue(run, HERE)
    store.append(run, started())
    assert [(n, event.kind) for n, event in store.events(run, after=2)] == [(3, "started")]


def test_events_of_a_run_that_is_gone_are_left_out(store: RunStore) -> None:
    store.append("nosuch", epoch(1))
    assert store.events("nosuch") == []


def test_other_settings_when_it_goes_on(store: RunStore, quick: TrainingSpec) -> None:
    run = queued(store, "Ada")
    store.set_state(run, "finished")
    Seals(store).note_accuracy(run, 0.5)
    store.requeue(run, HERE, quick)
    assert (store.get(run).training, store.get(run).test_accuracy) == (quick, None)


def test_a_child_knows_its_parent(store: RunStore) -> None:
    parent = queued(store, "Ada")
    child = store.create("", "Ada", NetworkSpec(), TrainingSpec(), HERE, parent=(parent, 3)).id
    assert [(run.parent, run.parent_epoch) for run in map(store.get, (parent, child))] == [(None, None), (parent, 3)]


def test_a_full_disk(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = queued(store, "Ada")
    pages = store._database.execute("PRAGMA page_count").fetchone()[0]
    store._database.execute(f"PRAGMA max_page_count = {pages}")
    kept = 0
    with pytest.raises(StoreError) as refused:
        for kept in range(10_000):
            store.append(run, epoch(kept + 1))
    assert refused.value.sentences() == (
        f"The Lab's folder {tmp_path} cannot be used (database or disk is full).",
        REMEDY,
    )
    # What was kept is still there, and when there is room again it goes on.
    assert [n for n, _ in store.events(run)] == list(range(1, kept + 1))
    store._database.execute("PRAGMA max_page_count = 1000000")
    store.append(run, epoch(kept + 1))
    assert len(store.events(run)) == kept + 1


def test_two_connections_and_four_threads_at_once(tmp_path: Path) -> None:
    stores = RunStore(tmp_path), RunStore(tmp_path)
    run = queued(stores[0], "Ada")
    made: list[str] = []
    failed: list[BaseException] = []

    def work(store: RunStore, first: int) -> None:
        try:
            for n in range(first, first + 40):
                store.append(run, epoch(n))
                if n % 10 == 0:
                    made.append(queued(store, f"person {first}"))
                store.events(run, after=n)
        except BaseException as error:
            failed.append(error)

    # Each epoch is appended by two threads, one of each connection.
    threads = [threading.Thread(target=work, args=(store, first)) for store in stores for first in (1, 41)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for store in stores:
        events = store.events(run)
        assert [n for n, _ in events] == list(range(1, 81))
        assert {event.key for _, event in events} == {f"epoch-{n}" for n in range(1, 81)}
        assert {other.id for other in store.runs()} == {run, *made}
        store.close()


@pytest.mark.parametrize(
    "error",
    [
        CNNLabError("Plain."),
        StoreError("{count:,} of {what}", "Do {what}.", count=1234, what="it"),
        NetworkError("Too {how}.", how="large").at(2, field="units", quick_fix="units").of_kind("Dense"),
    ],
)
def test_an_error_is_the_same_afterwards(error: CNNLabError) -> None:
    again = error_from_json(error_to_json(error))
    assert type(again) is type(error)
    assert again.sentences() == error.sentences()
    assert again.__dict__ == error.__dict__


def test_an_error_of_another_room_is_kept_as_one_that_is_known() -> None:
    class Elsewhere(DatasetError):
        """As cnnlab.datasets.DatasetUnavailable is."""

    again = error_from_json(error_to_json(Elsewhere("No {name}.", name="mnist")))
    assert type(again) is DatasetError
    assert str(again) == "No mnist."


def test_runs_are_plain_values(store: RunStore) -> None:
    run = store.get(queued(store, "Ada"))
    assert isinstance(run, Run)
    assert run == store.get(run.id)
