"""Seals of test sets: which runs' test sets were opened, by whom, and the test accuracies."""

from __future__ import annotations

import time

from cnnlab.runs.store import RunStore


class Seals:
    """Stores the seals of test sets. Every method can raise StoreError."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    def sealed(self, run: str) -> bool:
        """Return whether the run's test set has not been opened."""
        return not self._store.rows("SELECT 1 FROM seals WHERE run = ?", run)

    def unseal(self, run: str, dataset: str, who: str) -> None:
        """Record who opened the run's test set; only the first time counts."""
        with self._store.transaction() as database:
            database.execute("INSERT OR IGNORE INTO seals VALUES (?, ?, ?, ?)", (dataset, run, who, time.time()))

    def openings(self, dataset: str) -> int:
        """Return for how many runs on this dataset the test set was opened, including deleted runs."""
        found: int = self._store.rows("SELECT count(*) AS count FROM seals WHERE dataset = ?", dataset)[0]["count"]
        return found

    def note_accuracy(self, run: str, value: float) -> None:
        """Store a run's accuracy on the test images, 0 to 1."""
        with self._store.transaction() as database:
            database.execute("UPDATE runs SET test_accuracy = ? WHERE id = ?", (value, run))
