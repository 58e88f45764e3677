"""Names, notes and tags of runs, and deleting and restoring runs.

Deleting only marks a run, until `purge`.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable

from cnnlab.errors import StoreError
from cnnlab.i18n.marks import N_
from cnnlab.runs.run import ACTIVE_STATES, MAX_NAME, MAX_NOTE, Run, one_line, several_lines, tag_list
from cnnlab.runs.store import RunStore


class Annotations:
    """Edits runs. Every method can raise StoreError. If several people write at once, the last one wins."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def rename(self, run: str, name: str) -> None:
        """Rename a run; an empty name is replaced by the network's name."""
        found = self._store.get(run)
        self._set(run, "name", one_line(name, MAX_NAME) or one_line(found.network.name, MAX_NAME))

    def note(self, run: str, text: str) -> None:
        """Replace a run's note."""
        self._store.get(run)
        self._set(run, "note", several_lines(text, MAX_NOTE))

    def tag(self, run: str, tags: Iterable[str]) -> None:
        """Replace a run's tags."""
        self._store.get(run)
        self._set(run, "tags", json.dumps(tag_list(tags), ensure_ascii=False))

    def _set(self, run: str, column: str, value: str | float | None) -> None:
        with self._store.transaction() as database:
            database.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", (value, run))

    def delete(self, run: str) -> None:
        """Mark a run as deleted; `undelete` restores it until `purge`, or until the Lab starts again.

        Raises:
            StoreError: it is queued or running.
        """
        self._store.find(run)
        states = ", ".join("?" * len(ACTIVE_STATES))
        with self._store.transaction() as database:
            marked = database.execute(
                f"UPDATE runs SET deleted = coalesce(deleted, ?) WHERE id = ? AND state NOT IN ({states})",
                (time.time(), run, *ACTIVE_STATES),
            )
        if not marked.rowcount:
            raise StoreError(N_("This run is still active."), N_("Stop it first, then delete it."))

    def deleted(self) -> list[Run]:
        """Return the runs that can be restored, most recently deleted first."""
        return self._store.deleted()

    def undelete(self, run: str) -> None:
        """Restore a deleted run; StoreError if it was purged."""
        self._store.find(run)
        self._set(run, "deleted", None)

    def purge(self, *runs: str) -> None:
        """Remove deleted runs and their files permanently: the given ones, or all."""
        for run in self._store.deleted():
            if runs and run.id not in runs:
                continue
            with self._store.transaction() as database:
                # Another process may have restored it just now.
                gone = database.execute("DELETE FROM runs WHERE id = ? AND deleted IS NOT NULL", (run.id,))
                if not gone.rowcount:
                    continue
                database.execute("DELETE FROM events WHERE run = ?", (run.id,))
            shutil.rmtree(self._store.folder(run.id), ignore_errors=True)
