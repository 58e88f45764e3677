"""Engine: submit a run, control it, call a function of a worker. Hides Dask from everyone else.

Nothing here waits in a page: the engine is started in a thread, and what happens to it and to its runs is told to a
listener. TensorFlow is never imported here; functions of `tasks`, `evaluating`, `exporting` and `importing` are named,
and looked up in the worker.
"""

from __future__ import annotations

import dataclasses
import importlib
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from cnnlab.engine import names
from cnnlab.engine.connection import Connection, close, connect, lost_is_explained
from cnnlab.engine.names import Outcome
from cnnlab.errors import CNNLabError, EngineError
from cnnlab.marks import N_
from cnnlab.settings import Settings
from cnnlab.training.control import Control

if TYPE_CHECKING:
    from distributed.client import Future

State = Literal["starting", "ready", "down"]

OBEY_SECONDS = 10.0
SETTLED, GROWN = 2, 1.1
"""A worker whose memory is this much larger than after so many runs is replaced."""
QUICK_DEATHS = 3
"""An engine that ends so often in a row before it was ready is not started again by itself."""


class Listener(Protocol):
    """Who is told what happens; called from the engine's threads."""

    def on_ready(self) -> None:
        """The engine can take runs."""

    def on_event(self, run: str, event: str) -> None:
        """A run reported an event (JSON). May repeat events."""

    def on_end(self, run: str, error: CNNLabError | None, details: str) -> None:
        """A run has ended, well or not."""

    def on_lost(self) -> None:
        """The engine is gone, and with it every run that it had."""


def call_task(name: str, *args: Any) -> Any:
    """Runs in a worker: calls a function by its name: "predict" of `tasks`, "evaluating.answers" of `evaluating`."""
    module, _, function = name.rpartition(".")
    try:
        return getattr(importlib.import_module(f"cnnlab.engine.{module or 'tasks'}"), function)(*args)
    except CNNLabError:
        raise
    except Exception:
        # A bug goes back as text: unpickling TensorFlow's own exceptions would import it in the server.
        raise RuntimeError(traceback.format_exc()) from None


class Engine:
    """The worker processes, wherever they are."""

    def __init__(self, settings: Settings, listener: Listener) -> None:
        self._settings = settings
        self._listener = listener
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._closing = threading.Event()
        self._log = settings.home / "engine.log"
        self.state: State = "down"
        self.problem: CNNLabError | None = None

    def start(self, after: float = 0.0) -> None:
        """Begin to start, or to connect, in a thread, `after` seconds from now; the listener hears of it."""
        with self._lock:
            if self.state != "down" or self._closing.is_set():
                return
            self.state, self.problem = "starting", None
        threading.Thread(target=self._live, args=(after,), daemon=True, name="engine").start()

    def close(self) -> None:
        """End the workers that this engine started."""
        with self._lock:
            self._closing.set()
            connection, self._connection = self._connection, None
            self.state = "down"
        if connection:
            close(connection)

    @property
    def slots(self) -> int:
        """How many runs can train at once; 0 while the engine is not ready."""
        if self.state != "ready" or self._connection is None:
            return 0
        if not self._settings.scheduler:
            return self._settings.training_workers
        workers = self._connection.client.scheduler_info(n_workers=-1)["workers"].values()
        return sum(names.TRAIN in worker["resources"] for worker in workers)

    def submit(self, run: str, folder: Path, network: str, training: str) -> None:
        """Have a run trained. Its events and its end are told to the listener."""
        from distributed import Variable

        connection = self._ready()
        # A run that is resumed is another task with another topic: the scheduler still has the events of the first.
        key = f"{run}-{time.time_ns()}"
        connection.wanted[run] = Control()
        with lost_is_explained():
            Variable(names.control(run), client=connection.client).set({})
            connection.client.subscribe_topic(names.topic(key), lambda event: self._listener.on_event(run, event[1]))
            future = connection.client.submit(
                call_task,
                *("train_run", run, names.topic(key), str(folder), network, training),
                resources={names.TRAIN: 1},
                pure=False,
                key=key,
            )
        connection.runs[run] = future
        future.add_done_callback(lambda done: self._ended(connection, run, done))

    def want(self, run: str, change: Callable[[Control], Control]) -> None:
        """Change what is wanted of a run that trains; its worker hears of it within a second.

        A worker that is told to stop and does not within `OBEY_SECONDS` is restarted.
        """
        from distributed import Variable

        connection = self._ready()
        with self._lock:
            future = connection.runs.get(run)
            if future is None:
                return
            control = connection.wanted[run] = change(connection.wanted[run])
            with lost_is_explained():
                Variable(names.control(run), client=connection.client).set(dataclasses.asdict(control))
        if control.stop:
            timer = threading.Timer(OBEY_SECONDS, self._force, (connection, run, future))
            timer.daemon = True
            timer.start()

    def call(self, name: str, *args: Any, timeout: float = 60.0) -> Any:
        """The result of a worker's function, from the inference worker; `name` is what `call_task` takes.

        Raises:
            EngineError: the engine is not there, or did not answer within `timeout` seconds.
        """
        from distributed import KilledWorker

        connection = self._ready()
        with lost_is_explained():
            future = connection.client.submit(call_task, name, *args, resources={names.INFER: 1}, pure=False)
            try:
                return future.result(timeout=timeout)
            except TimeoutError:
                future.cancel()
                raise EngineError(
                    N_("The worker did not answer within {seconds:.0f} s."), N_("Try again."), seconds=timeout
                ) from None
            except KilledWorker as error:
                raise EngineError(
                    N_("The worker process died several times while working on this; often the memory is the reason."),
                    N_("Try it with less."),
                ) from error

    def _ready(self) -> Connection:
        connection = self._connection
        if self.state != "ready" or connection is None:
            raise EngineError(
                N_("The worker processes are not there yet."), N_("Wait a few seconds, then try again.")
            ) from self.problem
        return connection

    def _live(self, after: float) -> None:
        """The engine's own thread: start, watch, start again."""
        self._closing.wait(after)
        deaths = 0
        while not self._closing.is_set() and deaths < QUICK_DEATHS:
            try:
                connection = connect(self._settings, self._log)
            except CNNLabError as error:
                self.problem = error
                deaths += 1
                continue
            with self._lock:
                if self._closing.is_set():
                    close(connection)
                    return
                self._connection, self.state, self.problem = connection, "ready", None
            deaths = 0
            self._listener.on_ready()
            self._watch(connection)
            with self._lock:
                if self._closing.is_set():
                    return
                self._connection, self.state = None, "starting"
            close(connection)
            self._listener.on_lost()
        if not self._closing.is_set():
            self.state = "down"

    def _watch(self, connection: Connection) -> None:
        """Return when the connection is lost."""
        if connection.process:
            connection.process.wait()
            return
        slots = self.slots
        while not self._closing.wait(1.0) and connection.client.status == "running":
            # The workers of a cluster come and go.
            before, slots = slots, self.slots
            if slots > before:
                self._listener.on_ready()

    def _ended(self, connection: Connection, run: str, future: Future) -> None:
        if connection is not self._connection or not connection.has(run, future):
            return
        topic = names.topic(future.key)
        with lost_is_explained():
            # What a reader missed, if anything, is still with the scheduler; the listener keeps each event once.
            for _, event in connection.client.get_events(topic):
                self._listener.on_event(run, event)
            connection.client.unsubscribe_topic(topic)
        del connection.runs[run], connection.wanted[run]
        outcome = _outcome(future)
        if outcome.worker and _grown(connection.sizes.setdefault(outcome.worker, []), outcome.memory):
            # Before the end is told, so that no other run is with this worker.
            connection.client.restart_workers([outcome.worker], timeout=60, raise_for_error=False)
        self._listener.on_end(run, outcome.error, outcome.details)

    def _force(self, connection: Connection, run: str, future: Future) -> None:
        if not connection.has(run, future) or future.done():
            return
        holders = [address for address, keys in connection.client.processing().items() if future.key in keys]
        future.cancel()
        connection.client.restart_workers(holders, timeout=60, raise_for_error=False)


def _grown(sizes: list[int], size: int) -> bool:
    """Whether a worker has become larger than it was after its second run; takes note of its size."""
    sizes.append(size)
    return len(sizes) > SETTLED and size > GROWN * sizes[SETTLED - 1]


def _outcome(future: Future) -> Outcome:
    """How a run ended, from its future, which is done."""
    from distributed import KilledWorker

    if future.cancelled():
        return Outcome(
            EngineError(N_("The run did not obey, so its worker was restarted."), N_("Resume it from its last epoch."))
        )
    error = future.exception()
    if isinstance(error, KilledWorker):
        return Outcome(
            EngineError(
                N_("The worker process died several times while training this run; often the memory is the reason."),
                N_("Use a smaller network or batch."),
            ),
            repr(error),
        )
    if error:
        return Outcome(
            EngineError(N_("The worker process could not train this run."), N_("The details below say why.")),
            str(error),
        )
    outcome: Outcome = future.result()
    return outcome
