"""Engine: submit and control runs, and call functions of the workers. Hides Dask from the rest of the app.

The engine starts in a thread, so that no page waits for it, and reports to a listener. TensorFlow is never imported
here: the functions of `engine.worker` are passed by name and looked up in the worker.
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

from cnnlab.engine import protocol
from cnnlab.engine.connection import Connection, close, connect, explain_lost_connection
from cnnlab.engine.protocol import RunResult
from cnnlab.errors import CNNLabError, EngineError
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings
from cnnlab.training.control import Control

if TYPE_CHECKING:
    from distributed.client import Future

State = Literal["starting", "ready", "down"]

STOP_SECONDS, MAX_STOP_SECONDS = 10.0, 60.0
"""Time for a worker to stop a run before it is restarted: one that reports nothing meanwhile, and any other."""
SETTLED_RUNS, MAX_GROWTH = 2, 1.1
"""A worker is replaced if it uses more than `MAX_GROWTH` times the memory it used after `SETTLED_RUNS` runs."""
MAX_FAILED_STARTS = 3
"""Number of failed starts in a row after which the engine is not started automatically again."""


class Listener(Protocol):
    """Receives what happens in the engine. Methods are called from the engine's threads."""

    def on_ready(self) -> None:
        """Called when the engine can train runs."""

    def on_event(self, run: str, event: str) -> None:
        """Called for each event (JSON) that a run reports, possibly more than once per event."""

    def on_end(self, run: str, error: CNNLabError | None, details: str) -> None:
        """Called when a run has ended; `error` is None if it succeeded."""

    def on_lost(self) -> None:
        """Called when the engine and all runs it was training are lost."""


def call_task(name: str, *args: Any) -> Any:
    """Call a function of `engine.worker` by its name, such as "inference.explain". Runs in a worker."""
    module, _, function = name.partition(".")
    failed: Exception
    try:
        return getattr(importlib.import_module(f"cnnlab.engine.worker.{module}"), function)(*args)
    except CNNLabError as error:
        failed = error
    except Exception:
        failed = RuntimeError(traceback.format_exc())
    # Drop chained exceptions: unpickling TensorFlow's would import TensorFlow in the server.
    failed.__cause__ = failed.__context__ = None
    raise failed


class Engine:
    """The worker processes: this machine's own, or those of a Dask cluster."""

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
        """Start the workers, or connect to a cluster, in a thread, `after` seconds from now."""
        with self._lock:
            if self.state != "down" or self._closing.is_set():
                return
            self.state, self.problem = "starting", None
        threading.Thread(target=self._serve, args=(after,), daemon=True, name="engine").start()

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
        """Number of runs that can train at once; 0 while the engine is not ready."""
        if self.state != "ready" or self._connection is None:
            return 0
        if not self._settings.scheduler:
            return self._settings.training_workers
        workers = self._connection.client.scheduler_info(n_workers=-1)["workers"].values()
        return sum(protocol.TRAIN in worker["resources"] for worker in workers)

    def submit(self, run: str, folder: Path, network: str, training: str, digest: str = "") -> None:
        """Train a run. Its events and its end are reported to the listener; see `train_run` for `digest`."""
        from distributed import Variable

        connection = self._ready()
        # A resumed run needs a new task and topic: the scheduler still has the events of the first one.
        key = f"{run}-{time.time_ns()}"
        connection.controls[run] = Control()
        with explain_lost_connection():
            Variable(protocol.control_variable(run), client=connection.client).set({})
            connection.client.subscribe_topic(protocol.topic(key), lambda event: self._listener.on_event(run, event[1]))
            future = connection.client.submit(
                call_task,
                *("training.train_run", run, protocol.topic(key), str(folder), network, training, digest),
                resources={protocol.TRAIN: 1},
                pure=False,
                key=key,
            )
        connection.runs[run] = future
        future.add_done_callback(lambda done: self._on_done(connection, run, done))

    def update_control(self, run: str, change: Callable[[Control], Control]) -> None:
        """Change the control state of a training run; its worker applies it within a second.

        A worker that does not stop in time after it was told to is restarted.
        """
        from distributed import Variable

        connection = self._ready()
        with self._lock:
            future = connection.runs.get(run)
            if future is None:
                return
            control = connection.controls[run] = change(connection.controls[run])
            with explain_lost_connection():
                Variable(protocol.control_variable(run), client=connection.client).set(dataclasses.asdict(control))
        if control.stop:
            threading.Thread(target=self._await_stop, args=(connection, run, future), daemon=True).start()

    def call(self, name: str, *args: Any, timeout: float = 300.0) -> Any:
        """Call a function in the inference worker and return its result; see `call_task` for `name`.

        Raises:
            EngineError: the engine is not running, or did not answer within `timeout` seconds.
        """
        from distributed import KilledWorker

        connection = self._ready()
        with explain_lost_connection():
            future = connection.client.submit(call_task, name, *args, resources={protocol.INFER: 1}, pure=False)
            try:
                return future.result(timeout=timeout)
            except TimeoutError:
                future.cancel()
                raise EngineError(
                    N_("The worker did not answer within {seconds:.0f} s."), N_("Try again."), seconds=timeout
                ) from None
            except KilledWorker as error:
                raise EngineError(
                    N_(
                        "The worker process died several times while working on this, most likely because it ran out "
                        "of memory."
                    ),
                    N_("Try again with fewer images or a smaller network."),
                ) from error

    def _ready(self) -> Connection:
        connection = self._connection
        if self.state != "ready" or connection is None:
            raise EngineError(
                N_("The workers are still starting."), N_("Wait a few seconds, then try again.")
            ) from self.problem
        return connection

    def _serve(self, after: float) -> None:
        """Start the engine, watch it, and start it again whenever it is lost. Runs in the engine's thread."""
        self._closing.wait(after)
        try:
            self._keep_running()
        finally:
            # Also after a bug: nobody should wait for an engine that no thread starts.
            if not self._closing.is_set():
                self.state = "down"

    def _keep_running(self) -> None:
        failures = 0
        while not self._closing.is_set() and failures < MAX_FAILED_STARTS:
            try:
                connection = connect(self._settings, self._log)
            except CNNLabError as error:
                self.problem = error
                failures += 1
                continue
            with self._lock:
                if self._closing.is_set():
                    close(connection)
                    return
                self._connection, self.state, self.problem = connection, "ready", None
            failures = 0
            self._listener.on_ready()
            self._watch(connection)
            with self._lock:
                if self._closing.is_set():
                    return
                self._connection, self.state = None, "starting"
            close(connection)
            self._listener.on_lost()

    def _watch(self, connection: Connection) -> None:
        """Wait until the connection is lost."""
        if connection.process:
            connection.process.wait()
            return
        slots = self.slots
        while not self._closing.wait(1.0) and connection.client.status == "running":
            # Workers of a cluster can join and leave at any time.
            before, slots = slots, self.slots
            if slots > before:
                self._listener.on_ready()

    def _on_done(self, connection: Connection, run: str, future: Future) -> None:
        if connection is not self._connection or not connection.is_current(run, future):
            return
        topic = protocol.topic(future.key)
        with explain_lost_connection():
            # Re-deliver all events the scheduler kept, in case any were missed; the store ignores duplicates.
            for _, event in connection.client.get_events(topic):
                self._listener.on_event(run, event)
            connection.client.unsubscribe_topic(topic)
        del connection.runs[run], connection.controls[run]
        result = _result(future)
        if result.worker and _has_grown(connection.sizes.setdefault(result.worker, []), result.memory):
            # Restart it before reporting the end, so that no other run has been given to it yet.
            connection.client.restart_workers([result.worker], timeout=60, raise_for_error=False)
        self._listener.on_end(run, result.error, result.details)

    def _await_stop(self, connection: Connection, run: str, future: Future) -> None:
        """Restart the worker if it does not stop in time. One that still reports may only be short of CPU time."""
        asked, seen = time.monotonic(), -1.0
        while not self._closing.wait(STOP_SECONDS / 2):
            if not connection.is_current(run, future) or future.done():
                return
            before, seen = seen, connection.last_seen(future)
            if seen == before or time.monotonic() - asked >= MAX_STOP_SECONDS:
                holders = connection.workers_of(future)
                future.cancel()
                connection.client.restart_workers(holders, timeout=60, raise_for_error=False)
                return


def _has_grown(sizes: list[int], size: int) -> bool:
    """Append a worker's memory size to `sizes` and return whether it has grown too much."""
    sizes.append(size)
    return len(sizes) > SETTLED_RUNS and size > MAX_GROWTH * sizes[SETTLED_RUNS - 1]


def _result(future: Future) -> RunResult:
    """Return how a run ended, from its finished future."""
    from distributed import KilledWorker

    if future.cancelled():
        return RunResult(
            EngineError(
                N_("The run did not respond, so its worker was restarted."), N_("Resume it from its last epoch.")
            )
        )
    error = future.exception()
    if isinstance(error, KilledWorker):
        return RunResult(
            EngineError(
                N_(
                    "The worker process died several times while training this run, most likely because it ran out of "
                    "memory."
                ),
                N_("Use a smaller network or batch."),
            ),
            repr(error),
        )
    if error:
        return RunResult(
            EngineError(N_("The worker process could not train this run."), N_("See the details below.")),
            str(error),
        )
    result: RunResult = future.result()
    return result
