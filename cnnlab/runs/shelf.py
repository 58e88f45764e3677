"""What people note about runs: names, notes, tags, which are deleted, and whose test set has been opened.

What is deleted is only marked, until `purge`; whether it may be is the Lab's business.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable

from cnnlab.runs.record import GOING, MAX_NAME, MAX_NOTE, one_line, several_lines, tag_list
from cnnlab.runs.store import RunStore


class Shelf:
    """Every method can raise StoreError, as the store's own do. Several people may write at once: the last one wins."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def rename(self, run: str, name: str) -> None:
        """Give it another name; without one it is called as its network is."""
        found = self._store.get(run)
        self._set(run, "name", one_line(name, MAX_NAME) or one_line(found.network.name, MAX_NAME))

    def note(self, run: str, text: str) -> None:
        """Replace its note."""
        self._store.get(run)
        self._set(run, "note", several_lines(text, MAX_NOTE))

    def tag(self, run: str, tags: Iterable[str]) -> None:
        """Replace its tags."""
        self._store.get(run)
        self._set(run, "tags", json.dumps(tag_list(tags), ensure_ascii=False))

    def _set(self, run: str, column: str, value: str | float | None) -> None:
        with self._store.transaction() as database:
            database.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", (value, run))

    # Deleting

    def delete(self, run: str) -> bool:
        """Mark a run as deleted; False where it is going and was left alone."""
        self._store.find(run)
        states = ", ".join("?" * len(GOING))
        with self._store.transaction() as database:
            marked = database.execute(
                f"UPDATE runs SET deleted = coalesce(deleted, ?) WHERE id = ? AND state NOT IN ({states})",
                (time.time(), run, *GOING),
            )
            return bool(marked.rowcount)

    def undelete(self, run: str) -> None:
        """Bring a deleted run back; StoreError where it is gone for good."""
        self._store.find(run)
        self._set(run, "deleted", None)

    def purge(self, *runs: str) -> None:
        """Remove deleted runs (all of them where none are named) for good, with their files."""
        for run in self._store.deleted():
            if runs and run.id not in runs:
                continue
            with self._store.transaction() as database:
                # Unless somebody has just brought it back.
                gone = database.execute("DELETE FROM runs WHERE id = ? AND deleted IS NOT NULL", (run.id,))
                if not gone.rowcount:
                    continue
                database.execute("DELETE FROM events WHERE run = ?", (run.id,))
            shutil.rmtree(self._store.folder(run.id), ignore_errors=True)

    # The seals of test sets

    def sealed(self, run: str) -> bool:
        """Whether nobody has opened the run's test set."""
        return not self._store.rows("SELECT 1 FROM seals WHERE run = ?", run)

    def unseal(self, run: str, dataset: str, who: str) -> None:
        """Write down who opened it first."""
        with self._store.transaction() as database:
            database.execute("INSERT OR IGNORE INTO seals VALUES (?, ?, ?, ?)", (dataset, run, who, time.time()))

    def openings(self, dataset: str) -> int:
        """Of how many runs on this dataset the test set was opened; those that have been deleted since count too."""
        found: int = self._store.rows("SELECT count(*) AS count FROM seals WHERE dataset = ?", dataset)[0]["count"]
        return found

    def note_test_accuracy(self, run: str, value: float) -> None:
        """Keep what the network reached on the test images."""
        self._set(run, "test_accuracy", value)
