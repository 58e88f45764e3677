"""Histories of runs, built from their events and cached in memory."""

from __future__ import annotations

import threading

from cnnlab.runs.store import RunStore
from cnnlab.training.events import AnyEvent
from cnnlab.training.history import History

MAX_HISTORIES = 100
"""Maximum number of histories cached in memory (LRU)."""


class Histories:
    """One history per run. Events of runs that train here are added as they arrive; others are read from the store."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, History]] = {}
        self._live: set[str] = set()

    def get(self, run: str) -> History:
        """Return a run's history. It is shared: treat it as read-only.

        Raises:
            StoreError: the Lab's folder cannot be read.
        """
        with self._lock:
            kept = self._kept.pop(run, None)
            if kept is None or run not in self._live:
                kept = self._read(run, *(kept or (0, History())))
            self._kept[run] = kept
            while len(self._kept) > MAX_HISTORIES:
                del self._kept[next(iter(self._kept))]
            return kept[1]

    def follow(self, run: str) -> None:
        """Expect all further events of this run through `add`."""
        with self._lock:
            self._live.add(run)
            # Drop the cached history: earlier events may not have been read yet.
            self._kept.pop(run, None)

    def unfollow(self, run: str) -> None:
        """Read a run's events from the store again, since it has ended or is trained elsewhere."""
        with self._lock:
            self._live.discard(run)

    def add(self, run: str, number: int, event: AnyEvent) -> None:
        """Add a stored event with its number to the cached history; if there is none, it is read later."""
        with self._lock:
            kept = self._kept.get(run)
            if kept and number > kept[0]:
                kept[1].add(event)
                self._kept[run] = number, kept[1]

    def _read(self, run: str, read: int, history: History) -> tuple[int, History]:
        for number, event in self._store.events(run, read):
            history.add(event)
            read = number
        return read, history
