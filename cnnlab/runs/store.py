"""RunStore: runs and their events in SQLite, and one folder per run for weights.

One connection, one lock; WAL lets other processes read at the same time. An event is stored once per key, however
often it is appended. The Lab decides whether a run may change its state, not the store.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from cnnlab.datasets import DatasetInfo
from cnnlab.errors import CNNLabError, StoreError, explain_folder
from cnnlab.i18n.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Summary, summarize
from cnnlab.runs import schema
from cnnlab.runs.run import ACTIVE_STATES, Run, State, error_to_json, from_row, new_row, no_such_run
from cnnlab.training.events import AnyEvent, Epoch, from_json
from cnnlab.training.spec import TrainingSpec

FILE = "cnnlab.sqlite3"

MAX_CHECKED_BYTES = 200_000_000
"""Databases up to this many bytes are checked for damage when opened, which takes up to half a second."""
BUSY_SECONDS = 10.0
"""How long to wait for another process that has locked the database."""


class _DamagedError(sqlite3.DatabaseError):
    """Damage found by `PRAGMA quick_check`."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


class RunStore:
    """Stores the runs of a Lab in the folder `home`. A damaged database is renamed and replaced by an empty one.

    Attributes:
        damage: the error to show if the database was damaged.

    Raises:
        StoreError: `home` is not writable, is full, or was written by a newer CNN Lab. Every method can raise it.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.RLock()
        self.damage: StoreError | None = None
        with self._explain_errors():
            home.mkdir(parents=True, exist_ok=True)
            try:
                self._database = self._open()
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    raise
                self.damage = schema.set_aside(home, FILE, str(error))
                self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        """Open the database, check it for damage and migrate it."""
        path = self._home / FILE
        database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=BUSY_SECONDS)
        try:
            _enable_wal(database)
            database.execute("PRAGMA synchronous = NORMAL")
            small = path.stat().st_size < MAX_CHECKED_BYTES
            if small and (found := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise _DamagedError(found)
            schema.migrate(database, self._home)
        except BaseException:
            database.close()
            raise
        database.row_factory = sqlite3.Row
        return database

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def folder(self, run: str) -> Path:
        """Return a run's folder, which the worker creates; StoreError if the id is not a valid folder name."""
        if run in ("", ".", "..") or set(run) & set("/\\\0"):
            raise no_such_run(run)
        return self._home / "runs" / run

    def create(
        self,
        name: str,
        who: str,
        network: NetworkSpec,
        training: TrainingSpec,
        server: str,
        *,
        summary: Summary | None = None,
        running: bool = False,
        run: str = "",
        parent: tuple[str, int] | None = None,
        dataset: DatasetInfo | None = None,
    ) -> Run:
        """Add a queued or running run in one transaction and return it.

        Args:
            summary: of the network, if it has been computed already.
            run: an id from `new_id`, if the run's folder exists already.
            parent: the run whose weights it starts with, and after which of its epochs.
            dataset: the dataset that it trains on; needed for an image set.
        """
        now, summary = time.time(), summary or summarize(network)
        with self.transaction() as database:
            added = Run(
                id=run or new_id(),
                name=name,
                who=who,
                state="running" if running else "queued",
                network=network,
                training=training,
                created=now,
                started=now if running else None,
                ended=None,
                turn=self._next_turn(who),
                server=server,
                error=None,
                details="",
                parent=parent[0] if parent else None,
                parent_epoch=parent[1] if parent else None,
                parameters=summary.parameters,
                multiply_adds=summary.multiply_adds,
                image_set=dataset if dataset and dataset.own else None,
            )
            values = new_row(added)
            database.execute(
                f"INSERT INTO runs ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})", values
            )
        return added

    def requeue(self, run: str, server: str, training: TrainingSpec | None = None) -> None:
        """Queue an ended run again, optionally with other settings."""
        with self.transaction() as database:
            who = self.get(run).who
            if training:
                # The test accuracy belonged to the old weights.
                database.execute(
                    "UPDATE runs SET training = ?, test_accuracy = NULL WHERE id = ?",
                    (training.model_dump_json(), run),
                )
            database.execute(
                "UPDATE runs SET state = 'queued', ended = NULL, error = NULL, details = '', turn = ?, server = ?"
                " WHERE id = ?",
                (self._next_turn(who), server, run),
            )
            database.execute("DELETE FROM events WHERE run = ? AND key = 'finished'", (run,))

    def _next_turn(self, who: str) -> int:
        """Return the round in which a person's next run is due: one after their last run, at least the current one.

        Fair queueing (Goyal, Vin and Cheng, “Start-time fair queueing”, 1997), with all runs counted as equally long.
        """
        theirs = "SELECT max(turn) FROM runs WHERE who = ? AND state IN ('queued', 'running')"
        # Runs cancelled while queued do not advance the round.
        round_now = "SELECT max(turn) FROM runs WHERE state != 'queued' AND started IS NOT NULL"
        last = self._database.execute(theirs, (who,)).fetchone()[0] or 0
        present = self._database.execute(round_now).fetchone()[0] or 0
        return int(max(last + 1, present))

    def set_state(self, run: str, state: State, error: CNNLabError | None = None, details: str = "") -> None:
        """Store a run's new state and the time of the change."""
        started = time.time() if state == "running" else None
        ended = None if state in ACTIVE_STATES else time.time()
        with self.transaction() as database:
            database.execute(
                "UPDATE runs SET state = ?, started = coalesce(?, started), ended = ?, error = ?, details = ?"
                " WHERE id = ?",
                (state, started, ended, error_to_json(error) if error else None, details, run),
            )

    def set_network(self, run: str, network: NetworkSpec) -> None:
        """Replace the network of a recorded run, whose range of pixels is known only after it has learned something."""
        with self.transaction() as database:
            database.execute("UPDATE runs SET network = ? WHERE id = ?", (network.to_json(), run))

    def get(self, run: str) -> Run:
        """Return a run.

        Raises:
            StoreError: there is no run with this id, or it was deleted.
        """
        found = self.find(run)
        if found.deleted is not None:
            raise StoreError(
                N_("The run “{name}” was deleted."),
                N_("Restore it on the Runs page, or choose another."),
                name=found.name,
            )
        return found

    def find(self, run: str) -> Run:
        """Return a run, even if it is marked as deleted; StoreError if there is none with this id."""
        # A lone surrogate (possible in a damaged link) cannot be bound as a parameter.
        rows = self._runs("WHERE id = ?", run.encode(errors="replace").decode())
        if not rows:
            raise no_such_run(run)
        return rows[0]

    def runs(self, *states: State) -> list[Run]:
        """Return all runs (or those in one of `states`), newest first, without deleted ones."""
        if not states:
            return self._runs("WHERE deleted IS NULL ORDER BY created DESC")
        condition = f"state IN ({', '.join('?' * len(states))})"
        return self._runs(f"WHERE {condition} AND deleted IS NULL ORDER BY created DESC", *states)

    def deleted(self) -> list[Run]:
        """Return the runs marked as deleted, most recently deleted first."""
        return self._runs("WHERE deleted IS NOT NULL ORDER BY deleted DESC")

    def queue(self, server: str) -> list[Run]:
        """Return the runs that wait for a worker of `server`, next first."""
        return self._runs("WHERE state = 'queued' AND server = ? ORDER BY turn, created", server)

    def append(self, run: str, event: AnyEvent) -> int | None:
        """Store an event and return its number; None if the run already has an event with this key, or is gone."""
        with self.transaction() as database:
            added = database.execute(
                "INSERT OR IGNORE INTO events (run, n, key, event)"
                " SELECT id, last_event + 1, ?, ? FROM runs WHERE id = ?",
                (event.key, event.model_dump_json(), run),
            )
            if not added.rowcount:
                return None
            counted = "UPDATE runs SET last_event = last_event + 1 WHERE id = ? RETURNING last_event"
            number: int = database.execute(counted, (run,)).fetchone()[0]
            if isinstance(event, Epoch):
                schema.note_epoch(database, run, event)
            return number

    def events(self, run: str, after: int = 0) -> list[tuple[int, AnyEvent]]:
        """Return (number, event) of the run's events after number `after`, in order."""
        rows = self.rows("SELECT n, event FROM events WHERE run = ? AND n > ? ORDER BY n", run, after)
        return [(row["n"], from_json(row["event"])) for row in rows]

    def _runs(self, clause: str, *values: Any) -> list[Run]:
        return [from_row(dict(row)) for row in self.rows(f"SELECT * FROM runs {clause}", *values)]

    # For the other tables of this database

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._explain_errors(), self._lock:
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the database for writing, in one transaction."""
        with self._explain_errors(), self._lock, self._database:
            if not self._database.in_transaction:
                self._database.execute("BEGIN IMMEDIATE")
            yield self._database

    def _explain_errors(self) -> AbstractContextManager[None]:
        return explain_folder(self._home, sqlite3.DatabaseError)


def new_id() -> str:
    """Return a new run id."""
    return uuid.uuid4().hex[:12]


def _enable_wal(database: sqlite3.Connection) -> None:
    """Switch to WAL; retry, since SQLite does not wait while another process does the same."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
