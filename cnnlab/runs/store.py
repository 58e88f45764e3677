"""RunStore: runs and their events in SQLite, and a folder a run for weights.

One connection, one lock; WAL lets other processes read meanwhile. An event is kept once, by its key, however often it
is appended. Whether a run may change its state is the Lab's business, not the store's.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cnnlab.errors import CNNLabError, StoreError
from cnnlab.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import formats
from cnnlab.runs.record import GOING, Run, State, error_to_json, from_row, no_such_run
from cnnlab.training.events import AnyEvent, Epoch, from_json
from cnnlab.training.spec import TrainingSpec

FILE = "cnnlab.sqlite3"

MOST_CHECKED = 200_000_000
"""Bytes of a database that is looked through when it is opened; half a second's work."""
PATIENCE = 10.0
"""Seconds for which another process may keep the database to itself."""


class _DamagedError(sqlite3.DatabaseError):
    """What a look through the whole database found."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


class RunStore:
    """The Lab's memory, in `home`. A damaged database is kept under another name, and an empty one is begun.

    Attributes:
        damage: what was wrong with the database that was found, where that was so.

    Raises:
        StoreError: `home` cannot be written, is full, or was written by a newer CNN Lab. Every method can raise it.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.RLock()
        self.damage: StoreError | None = None
        with self._explained():
            home.mkdir(parents=True, exist_ok=True)
            try:
                self._database = self._opened()
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    raise
                self.damage = formats.put_aside(home, FILE, str(error))
                self._database = self._opened()

    def _opened(self) -> sqlite3.Connection:
        """The database, in the present form."""
        path = self._home / FILE
        database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=PATIENCE)
        try:
            _log_ahead(database)
            database.execute("PRAGMA synchronous = NORMAL")
            small = path.stat().st_size < MOST_CHECKED
            if small and (found := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise _DamagedError(found)
            formats.bring_up(database, self._home)
        except BaseException:
            database.close()
            raise
        database.row_factory = sqlite3.Row
        return database

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def folder(self, run: str) -> Path:
        """Where the run's weights are kept; made by the worker. StoreError where no run can have such an id."""
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
        running: bool = False,
        run: str = "",
        parent: str | None = None,
        parent_epoch: int | None = None,
    ) -> str:
        """Add a run, queued or running already, in one step, and return its id. Its turn is fair: see `_next_turn`.

        Args:
            run: an id from `new_id`, where something was written to the run's folder before.
            parent, parent_epoch: the run whose weights it begins with, and after which of its epochs.
        """
        run, now = run or new_id(), time.time()
        with self.transaction() as database:
            database.execute(
                "INSERT INTO runs (id, name, who, state, network, training, created, started, turn, server, parent,"
                " parent_epoch, parameters, multiply_adds) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run,
                    name,
                    who,
                    "running" if running else "queued",
                    network.to_json(),
                    training.model_dump_json(),
                    now,
                    now if running else None,
                    self._next_turn(who),
                    server,
                    parent,
                    parent_epoch,
                    *formats.sizes(network),
                ),
            )
        return run

    def requeue(self, run: str, server: str, training: TrainingSpec | None = None) -> None:
        """Put a run that has ended back into the queue, with other settings where some are given."""
        with self.transaction() as database:
            who = self.get(run).who
            if training:
                # What was said of the test images was said by other weights.
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
        """Fair queueing: a person's next run comes one round after their last one, but not before the present round.

        (Goyal, Vin and Cheng, “Start-time fair queueing”, 1997, with all runs counted as equally long.)
        """
        theirs = "SELECT max(turn) FROM runs WHERE who = ? AND state IN ('queued', 'running')"
        # Runs that left the queue before their turn came do not move the round.
        round_now = "SELECT max(turn) FROM runs WHERE state != 'queued' AND started IS NOT NULL"
        last = self._database.execute(theirs, (who,)).fetchone()[0] or 0
        present = self._database.execute(round_now).fetchone()[0] or 0
        return int(max(last + 1, present))

    def set_state(self, run: str, state: State, error: CNNLabError | None = None, details: str = "") -> None:
        """Write down a run's new state, with the time."""
        started = time.time() if state == "running" else None
        ended = None if state in GOING else time.time()
        with self.transaction() as database:
            database.execute(
                "UPDATE runs SET state = ?, started = coalesce(?, started), ended = ?, error = ?, details = ?"
                " WHERE id = ?",
                (state, started, ended, error_to_json(error) if error else None, details, run),
            )

    def get(self, run: str) -> Run:
        """One run.

        Raises:
            StoreError: there is none with this id, or it was deleted.
        """
        found = self.find(run)
        if found.deleted is not None:
            raise StoreError(
                N_("The run “{name}” was deleted."),
                N_("Bring it back on the Runs page, or pick another."),
                name=found.name,
            )
        return found

    def find(self, run: str) -> Run:
        """The same, be it deleted or not, as long as it can be brought back."""
        # Half a character (a damaged link can hold one) cannot be asked for.
        rows = self._runs("WHERE id = ?", run.encode(errors="replace").decode())
        if not rows:
            raise no_such_run(run)
        return rows[0]

    def runs(self, *states: State) -> list[Run]:
        """All runs (or those in one of `states`), newest first; without the deleted ones."""
        if not states:
            return self._runs("WHERE deleted IS NULL ORDER BY created DESC")
        wanted = f"state IN ({', '.join('?' * len(states))})"
        return self._runs(f"WHERE {wanted} AND deleted IS NULL ORDER BY created DESC", *states)

    def deleted(self) -> list[Run]:
        """The runs that were marked as deleted, the last one first."""
        return self._runs("WHERE deleted IS NOT NULL ORDER BY deleted DESC")

    def queue(self, server: str) -> list[Run]:
        """The runs that wait for a worker of `server`, next first."""
        return self._runs("WHERE state = 'queued' AND server = ? ORDER BY turn, created", server)

    def append(self, run: str, event: AnyEvent) -> None:
        """Keep an event; one whose key the run has already is left out, and so is one of a run that is gone."""
        with self.transaction() as database:
            added = database.execute(
                "INSERT OR IGNORE INTO events (run, n, key, event)"
                " SELECT id, last_event + 1, ?, ? FROM runs WHERE id = ?",
                (event.key, event.model_dump_json(), run),
            )
            if not added.rowcount:
                return
            database.execute("UPDATE runs SET last_event = last_event + 1 WHERE id = ?", (run,))
            if isinstance(event, Epoch):
                formats.note_epoch(database, run, event)

    def events(self, run: str, after: int = 0) -> list[tuple[int, AnyEvent]]:
        """The run's events with their numbers, from the one after number `after`, in order."""
        rows = self.rows("SELECT n, event FROM events WHERE run = ? AND n > ? ORDER BY n", run, after)
        return [(row["n"], from_json(row["event"])) for row in rows]

    def save_network(self, network: NetworkSpec, training: TrainingSpec, who: str) -> None:
        """Keep a network and its settings under its name; one of the same name is replaced."""
        with self.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO networks VALUES (?, ?, ?, ?, ?)",
                (network.name, who, network.to_json(), training.model_dump_json(), time.time()),
            )

    def networks(self) -> list[str]:
        """The names of the kept networks, newest first."""
        return [row["name"] for row in self.rows("SELECT name FROM networks ORDER BY saved DESC, rowid DESC")]

    def network(self, name: str) -> tuple[NetworkSpec, TrainingSpec]:
        """The network kept under `name`, with its settings.

        Raises:
            StoreError: there is none.
        """
        rows = self.rows("SELECT network, training FROM networks WHERE name = ?", name)
        if not rows:
            raise StoreError(N_("No network is kept under the name “{name}”."), N_("Choose another."), name=name)
        (row,) = rows
        return NetworkSpec.from_json(row["network"]), TrainingSpec.model_validate_json(row["training"])

    def _runs(self, clause: str, *values: Any) -> list[Run]:
        return [from_row(dict(row)) for row in self.rows(f"SELECT * FROM runs {clause}", *values)]

    # For what else is kept in this database

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """What a query finds."""
        with self._explained(), self._lock:
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The database, for writing: all that happens inside is kept, or nothing of it."""
        with self._explained(), self._lock, self._database:
            if not self._database.in_transaction:
                self._database.execute("BEGIN IMMEDIATE")
            yield self._database

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.DatabaseError) as error:
            raise StoreError(
                N_("The Lab's folder {folder} cannot be used ({reason})."),
                N_("Free some space or mend its permissions, or set CNNLAB_HOME to a folder that can be written to."),
                folder=str(self._home),
                reason=str(error),
            ) from error


def new_id() -> str:
    """An id for a run."""
    return uuid.uuid4().hex[:12]


def _log_ahead(database: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait by itself where another process is just doing the same."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
