"""RunStore: runs and their events in SQLite, and a folder a run for weights.

One connection, one lock; WAL lets other processes read meanwhile. An event is kept once, by its key, however often it
is appended. Whether a run may change its state is the Lab's business, not the store's.
"""

from __future__ import annotations

import functools
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
from cnnlab.runs.record import GOING, Run, State, error_from_json, error_to_json
from cnnlab.training.events import AnyEvent, from_json
from cnnlab.training.spec import TrainingSpec

FORMAT = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, who TEXT NOT NULL, state TEXT NOT NULL,
    network TEXT NOT NULL, training TEXT NOT NULL,
    created REAL NOT NULL, started REAL, ended REAL,
    turn INTEGER NOT NULL, server TEXT NOT NULL, error TEXT, details TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state);
CREATE TABLE IF NOT EXISTS events (
    run TEXT NOT NULL, n INTEGER NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL,
    PRIMARY KEY (run, n), UNIQUE (run, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS networks (
    name TEXT PRIMARY KEY, who TEXT NOT NULL, network TEXT NOT NULL, training TEXT NOT NULL, saved REAL NOT NULL
) STRICT;
"""


class RunStore:
    """The Lab's memory, in `home`.

    Raises:
        StoreError: `home` cannot be written, is full, or was written by a newer CNN Lab. Every method can raise it.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.RLock()
        with self._explained():
            home.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                home / "cnnlab.sqlite3", check_same_thread=False, isolation_level=None, timeout=10
            )
            self._database.row_factory = sqlite3.Row
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version > FORMAT:
                self._database.close()
                raise StoreError(
                    N_(
                        "The Lab's folder {folder} was written by a newer CNN Lab "
                        "(format {theirs}; this one reads {ours})."
                    ),
                    N_("Update CNN Lab, or set CNNLAB_HOME to another folder."),
                    folder=str(home),
                    theirs=version,
                    ours=FORMAT,
                )
            self._database.executescript(_SCHEMA)
            self._database.execute(f"PRAGMA user_version = {FORMAT}")

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def folder(self, run: str) -> Path:
        """Where the run's weights are kept; made by the worker."""
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
    ) -> str:
        """Add a run, queued or running already, in one step, and return its id. Its turn is fair: see `_next_turn`."""
        run, now = uuid.uuid4().hex[:12], time.time()
        with self._transaction() as database:
            database.execute(
                "INSERT INTO runs (id, name, who, state, network, training, created, started, turn, server)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                ),
            )
        return run

    def requeue(self, run: str, server: str) -> None:
        """Put a run that has ended back into the queue."""
        with self._transaction() as database:
            who = self.get(run).who
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
        with self._transaction() as database:
            database.execute(
                "UPDATE runs SET state = ?, started = coalesce(?, started), ended = ?, error = ?, details = ?"
                " WHERE id = ?",
                (state, started, ended, error_to_json(error) if error else None, details, run),
            )

    def get(self, run: str) -> Run:
        """One run.

        Raises:
            StoreError: there is none with this id.
        """
        rows = self._runs("WHERE id = ?", run)
        if not rows:
            raise StoreError(
                N_("There is no run with the id “{run}” in this Lab."),
                N_("Pick one from the list, or start a new one."),
                run=run[:40],
            )
        return rows[0]

    def runs(self, *states: State) -> list[Run]:
        """All runs (or those in one of `states`), newest first."""
        if not states:
            return self._runs("ORDER BY created DESC")
        return self._runs(f"WHERE state IN ({', '.join('?' * len(states))}) ORDER BY created DESC", *states)

    def queue(self, server: str) -> list[Run]:
        """The runs that wait for a worker of `server`, next first."""
        return self._runs("WHERE state = 'queued' AND server = ? ORDER BY turn, created", server)

    def append(self, run: str, event: AnyEvent) -> None:
        """Keep an event; one whose key the run has already is left out."""
        with self._transaction() as database:
            database.execute(
                "INSERT OR IGNORE INTO events (run, n, key, event)"
                " VALUES (?, (SELECT coalesce(max(n), 0) + 1 FROM events WHERE run = ?), ?, ?)",
                (run, run, event.key, event.model_dump_json()),
            )

    def events(self, run: str, after: int = 0) -> list[tuple[int, AnyEvent]]:
        """The run's events with their numbers, from the one after number `after`, in order."""
        with self._explained(), self._lock:
            rows = self._database.execute(
                "SELECT n, event FROM events WHERE run = ? AND n > ? ORDER BY n", (run, after)
            ).fetchall()
        return [(row["n"], from_json(row["event"])) for row in rows]

    def save_network(self, network: NetworkSpec, training: TrainingSpec, who: str) -> None:
        """Keep a network and its settings under its name; one of the same name is replaced."""
        with self._transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO networks VALUES (?, ?, ?, ?, ?)",
                (network.name, who, network.to_json(), training.model_dump_json(), time.time()),
            )

    def networks(self) -> list[str]:
        """The names of the kept networks, newest first."""
        with self._explained(), self._lock:
            rows = self._database.execute("SELECT name FROM networks ORDER BY saved DESC, rowid DESC").fetchall()
        return [row["name"] for row in rows]

    def network(self, name: str) -> tuple[NetworkSpec, TrainingSpec]:
        """The network kept under `name`, with its settings.

        Raises:
            StoreError: there is none.
        """
        with self._explained(), self._lock:
            row = self._database.execute("SELECT network, training FROM networks WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise StoreError(N_("No network is kept under the name “{name}”."), N_("Choose another."), name=name)
        return NetworkSpec.from_json(row["network"]), TrainingSpec.model_validate_json(row["training"])

    def _runs(self, clause: str, *values: Any) -> list[Run]:
        with self._explained(), self._lock:
            rows = self._database.execute(f"SELECT * FROM runs {clause}", values).fetchall()
        return [_run(row) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
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


# A page that follows a run reads it twice a second; specs never change, so each text is parsed once.
_network = functools.lru_cache(maxsize=1000)(NetworkSpec.from_json)
_training = functools.lru_cache(maxsize=1000)(TrainingSpec.model_validate_json)


def _run(row: sqlite3.Row) -> Run:
    values = dict(row)
    values["network"] = _network(values["network"])
    values["training"] = _training(values["training"])
    values["error"] = error_from_json(values["error"]) if values["error"] else None
    return Run(**values)
