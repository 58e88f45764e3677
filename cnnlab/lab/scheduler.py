"""Scheduler: decide which run trains when, and store what the engine reports.

The engine gets at most as many runs as it has training workers; the others wait in the store. Writes that fail, for
example because the disk is full, are kept in order and retried.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cnnlab.engine.client import Engine
from cnnlab.errors import CNNLabError, EngineError, StoreError
from cnnlab.lab.histories import Histories
from cnnlab.runs.owner_process import alive, process_mark
from cnnlab.runs.run import Run, State
from cnnlab.runs.store import RunStore
from cnnlab.settings import Settings
from cnnlab.training.events import from_json


class Scheduler:
    """Submits waiting runs to the engine and stores its reports. Safe to use from several threads.

    Attributes:
        engine: the worker processes; not started yet.
        owner: mark of this process as the owner of its runs.
        problem: the error while events cannot be written; otherwise None.
    """

    def __init__(self, settings: Settings, store: RunStore, histories: Histories) -> None:
        self._store = store
        self._histories = histories
        self.engine = Engine(settings, self)
        self.owner = process_mark()
        self.problem: CNNLabError | None = None
        self._queue_lock = threading.RLock()
        self._write_lock = threading.Lock()
        self._pending: deque[Callable[[], None]] = deque()
        self._last_check = 0.0

    def close(self) -> None:
        """End the workers. Active runs are interrupted."""
        self.engine.close()
        self._interrupt("queued", "running")

    # The queue

    @contextmanager
    def locked_queue(self) -> Iterator[bool]:
        """Lock the queue while a run is added. Yield whether the run can train at once."""
        with self._queue_lock:
            yield self._free_slots() > 0 and not self._store.queue(self.owner)

    def dequeue(self, run: str) -> bool:
        """Remove a run from the queue, as stopped; return False if it is not queued."""
        with self._queue_lock:
            waits = self._store.get(run).state == "queued"
            if waits:
                self._store.set_state(run, "stopped")
            return waits

    def submit(self, run: Run) -> None:
        """Submit a run, already marked as running, to the engine."""
        self._histories.follow(run.id)
        try:
            self.engine.submit(
                run.id,
                self._store.folder(run.id),
                run.network.to_json(),
                run.training.model_dump_json(),
                run.digest,
            )
        except EngineError:
            # The engine was just lost: requeue the run; the queue is woken when the engine restarts.
            self._store.set_state(run.id, "queued")

    def wake(self) -> None:
        """Submit waiting runs while the engine has free slots; StoreError if the store cannot be written."""
        with self._queue_lock:
            for run in self._store.queue(self.owner)[: self._free_slots()]:
                self._store.set_state(run.id, "running")
                self.submit(run)

    def _free_slots(self) -> int:
        """Return how many more runs the engine can train now."""
        return max(self.engine.slots - sum(run.server == self.owner for run in self._store.runs("running")), 0)

    # Reports of the engine (`engine.client.Listener`)

    def on_ready(self) -> None:
        self._wake_if_possible()

    def on_event(self, run: str, event: str) -> None:
        self._write(lambda: self._store_event(run, event))

    def on_end(self, run: str, error: CNNLabError | None, details: str) -> None:
        self._write(lambda: self._store_end(run, error, details))
        self._wake_if_possible()

    def on_lost(self) -> None:
        self._interrupt("running")

    def _store_event(self, run: str, text: str) -> None:
        event = from_json(text)
        number = self._store.append(run, event)
        if number is not None:
            self._histories.add(run, number, event)

    def _store_end(self, run: str, error: CNNLabError | None, details: str) -> None:
        if error:
            self._store.set_state(run, "failed", error, details)
        else:
            finished = self._histories.get(run).finished
            self._store.set_state(run, "stopped" if finished and finished.reason == "stopped" else "finished")
        self._histories.unfollow(run)

    def _interrupt(self, *states: State) -> None:
        """Mark the runs of this process in one of `states` as interrupted."""
        try:
            for run in self._store.runs(*states):
                if run.server == self.owner:
                    self._store.set_state(run.id, "interrupted")
                    self._histories.unfollow(run.id)
        except StoreError as problem:
            self.problem = problem

    # Writing

    def _write(self, action: Callable[[], None]) -> None:
        """Run a write action after all pending ones; if the store cannot be written, keep them and set `problem`."""
        with self._write_lock:
            self._pending.append(action)
            try:
                while self._pending:
                    self._pending[0]()
                    self._pending.popleft()
                self.problem = None
            except StoreError as error:
                self.problem = error

    def retry_writes(self) -> None:
        """Retry pending writes; called whenever a page reads a run."""
        if self._pending:
            self._write(lambda: None)
            self._wake_if_possible()

    def _wake_if_possible(self) -> None:
        try:
            self.wake()
        except StoreError as error:
            self.problem = error

    # Runs of other processes

    def mark_interrupted(self, every: float = 0.0) -> None:
        """Mark runs whose server or script has exited as interrupted, at most once per `every` seconds."""
        if time.monotonic() - self._last_check < every:
            return
        self._last_check = time.monotonic()
        try:
            for run in self._store.runs("queued", "running"):
                if run.server != self.owner and not alive(run.server):
                    self._store.set_state(run.id, "interrupted")
        except StoreError as problem:
            self.problem = problem
