"""A database that the first CNN Lab wrote, read by this one."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest

from cnnlab.errors import StoreError
from cnnlab.runs.annotations import Annotations
from cnnlab.runs.lesson_progress import LessonProgress
from cnnlab.runs.saved_networks import SavedNetworks
from cnnlab.runs.seals import Seals
from cnnlab.runs.store import RunStore
from cnnlab.training.events import Epoch
from cnnlab.training.spec import TrainingSpec

# As that version wrote them, to the letter.
SCHEMA = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, who TEXT NOT NULL, state TEXT NOT NULL,
    network TEXT NOT NULL, training TEXT NOT NULL,
    created REAL NOT NULL, started REAL, ended REAL,
    turn INTEGER NOT NULL, server TEXT NOT NULL, error TEXT, details TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX runs_by_state ON runs (state);
CREATE TABLE events (
    run TEXT NOT NULL, n INTEGER NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (run, n), UNIQUE (run, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE networks (
    name TEXT PRIMARY KEY, who TEXT NOT NULL, network TEXT NOT NULL, training TEXT NOT NULL, saved REAL NOT NULL
) STRICT;
PRAGMA user_version = 1;
"""
NETWORK = (
    '{"version":1,"name":"tiny","input_shape":[8,8,1],"layers":[{"kind":"Conv2D","filters":2},{"kind":"Flatten"},'
    '{"kind":"Dense","units":10,"activation":"softmax"}]}'
)
TRAINING = '{"version":1,"dataset":"digits-8x8","epochs":3}'
RUN = "INSERT INTO runs VALUES (?, ?, 'Ada', ?, ?, ?, ?, 2.0, 3.0, 1, 'host/1/1.0', NULL, '')"


def epoch(number: int, accuracy: float) -> str:
    figures = {"epoch": number, "loss": float("nan"), "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": accuracy}
    rest = {"seconds": 2.5, "learning_rate": 0.001, "examples_per_second": 100.0}
    # NaN stands in it as it is.
    return json.dumps({"kind": "epoch", "at": 10.0 + number, **figures, **rest})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three runs: one that was stopped and resumed, one without events, one whose network cannot be read any more."""
    database = sqlite3.connect(tmp_path / "cnnlab.sqlite3")
    database.executescript(SCHEMA)
    for known, name, network in (
        ("aaa", "first", NETWORK),
        ("bbb", "second", NETWORK),
        ("ccc", "broken", '{"layers":1}'),
    ):
        database.execute(RUN, (known, name, "finished", network, TRAINING, {"aaa": 1.0, "bbb": 2.0, "ccc": 0.5}[known]))
    for number, (key, event) in enumerate(
        [("epoch-1", epoch(1, 0.6)), ("epoch-2", epoch(2, 0.8)), ("epoch-3", epoch(3, 0.7))], 1
    ):
        database.execute("INSERT INTO events VALUES ('aaa', ?, ?, ?)", (2 * number, key, event))
    database.execute("INSERT INTO networks VALUES ('kept', 'Ada', ?, ?, 1.0)", (NETWORK, TRAINING))
    database.commit()
    database.close()
    return tmp_path


def test_everything_is_there_and_counted(home: Path) -> None:
    store = RunStore(home)
    assert store.damage is None
    first, second = store.get("aaa"), store.get("bbb")
    assert (first.name, first.who, first.state, first.created, first.ended) == ("first", "Ada", "finished", 1.0, 3.0)
    assert first.training == TrainingSpec(dataset="digits-8x8", epochs=3)
    assert (first.parameters, first.multiply_adds) == (second.parameters, second.multiply_adds) == (750, 1368)
    assert (first.epochs_done, first.seconds, first.best_epoch, first.best_val_accuracy) == (3, 7.5, 2, 0.8)
    assert (second.epochs_done, second.seconds, second.best_epoch, second.best_val_accuracy) == (0, 0.0, None, None)
    for run in (first, second):
        assert (run.note, run.tags, run.parent, run.parent_epoch, run.deleted, run.test_accuracy) == (
            *("", (), None, None),
            *(None, None),
        )
    assert [(n, event.key) for n, event in store.events("aaa")] == [(2, "epoch-1"), (4, "epoch-2"), (6, "epoch-3")]
    assert SavedNetworks(store).names() == ["kept"]


def test_it_goes_on_from_there(home: Path) -> None:
    store = RunStore(home)
    store.append("aaa", Epoch.model_validate_json(epoch(4, 0.9)))
    assert [n for n, _ in store.events("aaa", after=6)] == [7]
    assert (store.get("aaa").epochs_done, store.get("aaa").best_epoch) == (4, 4)
    Annotations(store).note("bbb", "kept")
    seals = Seals(store)
    assert seals.sealed("aaa") and seals.openings("digits-8x8") == 0
    store.close()
    again = RunStore(home)
    assert (again.get("bbb").note, again.get("aaa").epochs_done) == ("kept", 4)


def test_the_second_form_gets_a_place_for_progress(home: Path) -> None:
    """As the second CNN Lab left it: everything but the newest table."""
    RunStore(home).close()
    database = sqlite3.connect(home / "cnnlab.sqlite3")
    database.executescript(
        "DROP TABLE progress; ALTER TABLE runs DROP COLUMN image_set; PRAGMA user_version = 2;"
        "UPDATE runs SET seconds = 8.5"
    )
    database.close()
    store = RunStore(home)
    progress = LessonProgress(store)
    progress.note("Ada", "relu", "question", "1")
    assert progress.of("Ada") == {("relu", "question"): "1"}
    # What the step before has worked out is left alone.
    assert (store.get("aaa").seconds, store.get("aaa").best_epoch) == (8.5, 2)
    store.close()
    database = sqlite3.connect(home / "cnnlab.sqlite3")
    assert database.execute("PRAGMA user_version").fetchone() == (4,)
    database.close()


def test_several_at_once(home: Path) -> None:
    """Two servers are started at the same moment."""
    opened: list[RunStore] = []
    failed: list[BaseException] = []

    def start() -> None:
        try:
            opened.append(RunStore(home))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [store.get("aaa").epochs_done for store in opened] == [3, 3, 3, 3]


def test_a_disk_that_fills_up_meanwhile_leaves_the_old_form(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (home / "cnnlab.sqlite3").read_bytes()

    def full(*arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("cnnlab.runs.schema._fill_columns", full)
        with pytest.raises(StoreError, match="database or disk is full"):
            RunStore(home)
    database = sqlite3.connect(home / "cnnlab.sqlite3")
    assert database.execute("PRAGMA user_version").fetchone() == (1,)
    assert len(database.execute("PRAGMA table_info(runs)").fetchall()) == 13
    database.close()
    assert len(before) > 0 and RunStore(home).get("aaa").epochs_done == 3
