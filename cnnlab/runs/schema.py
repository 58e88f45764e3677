"""The tables of the Lab's database, and migrations from earlier versions.

A new database takes the same path: it is created in its first version, then migrated.
"""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cnnlab.errors import CNNLabError, StoreError
from cnnlab.i18n.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training.events import Epoch, from_json

if TYPE_CHECKING:
    import sqlite3

FORMAT = 4

_VERSION_1 = (
    "CREATE TABLE IF NOT EXISTS runs ("
    " id TEXT PRIMARY KEY, name TEXT NOT NULL, who TEXT NOT NULL, state TEXT NOT NULL,"
    " network TEXT NOT NULL, training TEXT NOT NULL,"
    " created REAL NOT NULL, started REAL, ended REAL,"
    " turn INTEGER NOT NULL, server TEXT NOT NULL, error TEXT, details TEXT NOT NULL DEFAULT ''"
    ") STRICT",
    "CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state)",
    "CREATE TABLE IF NOT EXISTS events ("
    " run TEXT NOT NULL, n INTEGER NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL,"
    " PRIMARY KEY (run, n), UNIQUE (run, key)"
    ") STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS networks ("
    " name TEXT PRIMARY KEY, who TEXT NOT NULL, network TEXT NOT NULL, training TEXT NOT NULL, saved REAL NOT NULL"
    ") STRICT",
)

_VERSION_2 = (
    *(
        f"ALTER TABLE runs ADD COLUMN {column}"
        for column in (
            "note TEXT NOT NULL DEFAULT ''",
            "tags TEXT NOT NULL DEFAULT '[]'",
            "parent TEXT",
            "parent_epoch INTEGER",
            "deleted REAL",
            "parameters INTEGER NOT NULL DEFAULT 0",
            "multiply_adds INTEGER NOT NULL DEFAULT 0",
            "epochs_done INTEGER NOT NULL DEFAULT 0",
            "seconds REAL NOT NULL DEFAULT 0",
            "best_epoch INTEGER",
            "best_val_accuracy REAL",
            "test_accuracy REAL",
            "last_event INTEGER NOT NULL DEFAULT 0",
        )
    ),
    "CREATE TABLE seals ( dataset TEXT NOT NULL, run TEXT PRIMARY KEY, who TEXT NOT NULL, opened REAL NOT NULL) STRICT",
    "UPDATE runs SET last_event = coalesce((SELECT max(n) FROM events WHERE events.run = runs.id), 0)",
)
"""`last_event` is the number of the newest event, even if that was deleted: no number is used twice."""

_VERSION_3 = (
    "CREATE TABLE progress ("
    " who TEXT NOT NULL, lesson TEXT NOT NULL, part TEXT NOT NULL, value TEXT NOT NULL, noted REAL NOT NULL,"
    " PRIMARY KEY (who, lesson, part)"
    ") STRICT, WITHOUT ROWID",
)
"""Readers' progress in the lessons, see `lesson_progress`."""

_VERSION_4 = ("ALTER TABLE runs ADD COLUMN image_set TEXT NOT NULL DEFAULT ''",)
"""The image set that a run trains on, as JSON (`datasets.description`); "" for a built-in dataset."""


def migrate(database: sqlite3.Connection, home: Path) -> None:
    """Create the tables, or migrate those of an earlier format, in one transaction.

    Args:
        home: the Lab's folder, for the error message.

    Raises:
        StoreError: the database was written by a newer CNN Lab.
    """
    version = _format(database)
    if version > FORMAT:
        raise StoreError(
            N_("The Lab's folder {folder} was written by a newer CNN Lab (format {theirs}; this one reads {ours})."),
            N_("Update CNN Lab, or set CNNLAB_HOME to another folder."),
            folder=str(home),
            theirs=version,
            ours=FORMAT,
        )
    if version == FORMAT:
        return
    with database:
        database.execute("BEGIN IMMEDIATE")
        # Another process may have migrated it just now.
        version = _format(database)
        if version < 2:
            for statement in (*_VERSION_1, *_VERSION_2):
                database.execute(statement)
            _fill_columns(database)
        if version < FORMAT:
            for statement in (*(_VERSION_3 if version < 3 else ()), *_VERSION_4):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {FORMAT}")


def set_aside(home: Path, file: str, reason: str) -> StoreError:
    """Rename a damaged database and its log files, and return the error to show."""
    aside = f"cnnlab-damaged-{datetime.now():%Y-%m-%d-%H%M%S-%f}.sqlite3"
    for ending in ("-wal", "-shm", ""):
        path = home / (file + ending)
        if path.exists():
            path.rename(home / (aside + ending))
    return StoreError(
        N_(
            "The Lab's database was damaged ({reason}). It was kept as {file}, and an empty one was created; the files "
            "of its runs are still in the folder."
        ),
        N_("If you have a backup of the database, stop the Lab and put the backup in its place."),
        reason=reason.strip().splitlines()[-1],
        file=str(home / aside),
    )


def sizes(network: NetworkSpec) -> tuple[int, int]:
    """Return the parameters and multiply-adds of a network, for the columns of a run."""
    summary = summarize(network)
    return summary.parameters, summary.multiply_adds


def note_epoch(database: sqlite3.Connection, run: str, epoch: Epoch) -> None:
    """Update a run's summary columns after a new epoch."""
    accuracy = epoch.val_accuracy if math.isfinite(epoch.val_accuracy) else None
    database.execute(
        "UPDATE runs SET epochs_done = max(epochs_done, :epoch), seconds = seconds + :seconds,"
        " best_epoch = iif(:accuracy > coalesce(best_val_accuracy, -1), :epoch, best_epoch),"
        " best_val_accuracy = max(coalesce(:accuracy, best_val_accuracy), coalesce(best_val_accuracy, :accuracy))"
        " WHERE id = :run",
        {
            "run": run,
            "epoch": epoch.epoch,
            "seconds": epoch.seconds if math.isfinite(epoch.seconds) else 0.0,
            "accuracy": accuracy,
        },
    )


def _format(database: sqlite3.Connection) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version


def _fill_columns(database: sqlite3.Connection) -> None:
    """Compute the new columns from the existing networks and events."""
    for run, network in database.execute("SELECT id, network FROM runs").fetchall():
        try:
            counted = sizes(NetworkSpec.from_json(network))
        except CNNLabError:
            # Shown when the run is opened; it must not stop the migration of the others.
            continue
        database.execute("UPDATE runs SET parameters = ?, multiply_adds = ? WHERE id = ?", (*counted, run))
    for run, text in database.execute(
        "SELECT run, event FROM events WHERE key LIKE 'epoch-%' ORDER BY run, n"
    ).fetchall():
        event = from_json(text)
        if isinstance(event, Epoch):
            note_epoch(database, run, event)
