"""Lab: the one object that pages talk to. It joins the store and the engine, and keeps the rules of a run's life.

queued -> running -> finished | stopped | failed | interrupted; the last three can be resumed, which queues them again.
The queue is the Lab's: at most as many runs are with the engine as it has training workers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from cnnlab import builtin, datasets
from cnnlab.datasets import DATASETS, Dataset, Progress
from cnnlab.engine.client import Engine
from cnnlab.errors import CNNLabError, EngineError, StoreError
from cnnlab.marks import N_
from cnnlab.measuring import Measuring
from cnnlab.network.shapes import check
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.drawings import Drawings
from cnnlab.runs.process import alive, process_mark
from cnnlab.runs.progress import LessonProgress
from cnnlab.runs.record import MAX_NAME, Run, State, one_line
from cnnlab.runs.shelf import Shelf
from cnnlab.runs.store import RunStore, new_id
from cnnlab.settings import Settings
from cnnlab.shelving import Shelving
from cnnlab.steering import Steering
from cnnlab.taking import Taking
from cnnlab.training import answered, memory
from cnnlab.training.beginning import NOTHING, Beginning, keep
from cnnlab.training.events import AnyEvent, Finished, from_json
from cnnlab.training.history import History
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import check_classes

FOREIGN_SECONDS = 2.0
"""How often it is looked whether the processes of other runs are alive."""
KEPT_HISTORIES = 100
"""So many folded histories are kept in memory; the one that was looked at longest ago goes first."""


class Lab(Measuring, Shelving, Steering, Taking):
    """Runs, from start to end. Safe to use from several threads.

    Args:
        settings: where things are.
        start_engine: False for a Lab that only reads (tests, scripts).
    """

    def __init__(self, settings: Settings, start_engine: bool = True) -> None:
        self.settings = settings
        self.store = RunStore(settings.home)
        self.kept = Drawings(self.store)
        self.shelf = Shelf(self.store)
        self.progress = LessonProgress(self.store)
        self.engine = Engine(settings, self)
        self.problem: CNNLabError | None = None
        """What keeps the Lab from writing down events, until it works again."""
        self._lock = threading.RLock()
        self._dataset_lock = threading.Lock()
        self._datasets: dict[str, Dataset] = {}
        self._history_lock = threading.Lock()
        self._histories: dict[str, tuple[int, History]] = {}
        self._writing = threading.Lock()
        self._unwritten: deque[Callable[[], None]] = deque()
        self._me = process_mark()
        self._looked = 0.0
        self._mark_interrupted()
        self.purge()
        if start_engine:
            self.engine.start()

    def close(self) -> None:
        """End the workers; what was training is interrupted and can be resumed."""
        self.engine.close()
        self._interrupt("queued", "running")
        self.store.close()

    # Runs

    def start(
        self, network: NetworkSpec, training: TrainingSpec, who: str = "", name: str = "",
        beginning: Beginning = NOTHING,
    ) -> str:  # fmt: skip
        """Queue a new run and return its id; `beginning` is what it begins with besides its settings.

        Raises:
            NetworkError: the network cannot be trained on this dataset.
            TrainingError: there is no such dataset, or no drawings that can be added to it.
            StoreError: the Lab's folder cannot be written.
        """
        return self._enter(network, training, who, name, beginning)

    def _enter(
        self,
        network: NetworkSpec,
        training: TrainingSpec,
        who: str,
        name: str,
        beginning: Beginning = NOTHING,
        parent: tuple[str, int] | None = None,
    ) -> str:
        info = DATASETS[training.checked().dataset]
        check(network, info.input_shape, len(info.class_names), self.settings.max_parameters)
        check_classes(training)
        if not self.settings.scheduler:
            memory.check(network, training)
        drawings, run = self._packed_drawings(training), new_id()
        called = one_line(name, MAX_NAME) or one_line(network.name, MAX_NAME)
        with self._lock:
            # One write for the whole step: with a full disk there is no run at all, and none waits unseen.
            at_once = self._room() > 0 and not self.store.queue(self._me)
            with self._set_aside(drawings, run):
                keep(self.store.folder(run), beginning)
                self.store.create(
                    called, who, network, training, self._me, running=at_once, run=run,
                    parent=parent[0] if parent else None, parent_epoch=parent[1] if parent else None,
                )  # fmt: skip
            if at_once:
                self._submit(self.store.get(run))
        return run

    def resume(self, run: str) -> None:
        """Queue an ended run again; it goes on from its last epoch's checkpoint.

        Raises:
            StoreError: there is no such run, or it is not one that can be resumed.
        """
        with self._lock:
            if not self.store.get(run).resumable:
                raise StoreError(N_("This run cannot be resumed: it is going on or has finished."))
            if self.recorded(run):
                raise StoreError(
                    N_("This run belongs to a script of somebody's own; the Lab cannot go on with it."),
                    N_("Run the script again, or fork this run."),
                )
            self.store.requeue(run, self._me)
        self._wake()

    def run(self, run: str) -> Run:
        """One run, or a built-in network as one; StoreError where there is none with this id."""
        self._retry()
        self._mark_interrupted(FOREIGN_SECONDS)
        return builtin.run(run) if run in builtin.NAMES else self.store.get(run)

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        return self.store.runs()

    def going(self) -> list[Run]:
        """The runs that train or wait, newest first."""
        self._mark_interrupted(FOREIGN_SECONDS)
        return self.store.runs("queued", "running")

    def waiting(self) -> list[Run]:
        """The runs that wait for a worker, in their order."""
        return self.store.queue(self._me)

    def place(self, run: str) -> int:
        """How many runs are before this one in the queue."""
        waiting = [other.id for other in self.waiting()]
        return waiting.index(run) if run in waiting else 0

    def events(self, run: str, after: int = 0) -> list[tuple[int, AnyEvent]]:
        """The run's events with their numbers, from the one after number `after`."""
        return self.store.events(run, after)

    def history(self, run: str) -> History:
        """The run's events, folded; only what is new is read. Shared by all who look: treat it as read-only."""
        with self._history_lock:
            read, history = self._histories.pop(run, (0, History()))
            for number, event in self.store.events(run, read):
                history.add(event)
                read = number
            self._histories[run] = read, history
            while len(self._histories) > KEPT_HISTORIES:
                del self._histories[next(iter(self._histories))]
            return history

    # Networks kept by name

    def save_network(self, network: NetworkSpec, training: TrainingSpec, who: str = "") -> None:
        """Keep a network with its settings under its name, for everyone in this Lab."""
        self.store.save_network(network, training, who)

    def saved_networks(self) -> list[str]:
        """The names, newest first."""
        return self.store.networks()

    def saved_network(self, name: str) -> tuple[NetworkSpec, TrainingSpec]:
        """A kept network with its settings; StoreError where there is none of this name."""
        return self.store.network(name)

    # Data and answers

    def dataset(self, name: str, on_progress: Callable[[Progress], None] | None = None) -> Dataset:
        """A dataset, kept in memory (the last two); DatasetError where it cannot be had."""
        with self._dataset_lock:
            if name not in self._datasets:
                loaded = datasets.load(name, self.settings, on_progress)
                self._datasets = {**dict(list(self._datasets.items())[-1:]), name: loaded}
            return self._datasets[name]

    def answered(self, run: str) -> tuple[np.ndarray, np.ndarray] | None:
        """The images that the run's answers are for, uint8 (n, height, width, channels), and their labels (n,)."""
        return answered.read(self.folder(run))

    # What the engine tells

    def on_ready(self) -> None:
        self._wake_if_possible()

    def on_event(self, run: str, event: str) -> None:
        self._write(lambda: self.store.append(run, from_json(event)))

    def on_end(self, run: str, error: CNNLabError | None, details: str) -> None:
        self._write(lambda: self._note_end(run, error, details))
        self._wake_if_possible()

    def _note_end(self, run: str, error: CNNLabError | None, details: str) -> None:
        if error:
            self.store.set_state(run, "failed", error, details)
        else:
            last = [event for _, event in self.store.events(run) if isinstance(event, Finished)]
            self.store.set_state(run, "stopped" if last and last[-1].reason == "stopped" else "finished")

    def _write(self, action: Callable[[], None]) -> None:
        """Write something down; while the store cannot be written, keep it, in order, and say so in `problem`."""
        with self._writing:
            self._unwritten.append(action)
            try:
                while self._unwritten:
                    self._unwritten[0]()
                    self._unwritten.popleft()
                self.problem = None
            except StoreError as error:
                self.problem = error

    def _retry(self) -> None:
        """Try once more to write what could not be written; called whenever a page looks at a run."""
        if self._unwritten:
            self._write(lambda: None)
            self._wake_if_possible()

    def _wake_if_possible(self) -> None:
        try:
            self._wake()
        except StoreError as error:
            self.problem = error

    def on_lost(self) -> None:
        self._interrupt("running")

    def _interrupt(self, *states: State) -> None:
        """Write down that the runs of this process in one of `states` have no worker any more."""
        try:
            for run in self.store.runs(*states):
                if run.server == self._me:
                    self.store.set_state(run.id, "interrupted")
        except StoreError as problem:
            self.problem = problem

    def _wake(self) -> None:
        """Give the engine as many waiting runs as it has room for."""
        with self._lock:
            for run in self.store.queue(self._me)[: self._room()]:
                self.store.set_state(run.id, "running")
                self._submit(run)

    def _room(self) -> int:
        """How many more runs the engine can train now."""
        return max(self.engine.slots - sum(run.server == self._me for run in self.store.runs("running")), 0)

    def _submit(self, run: Run) -> None:
        try:
            self.engine.submit(run.id, self.store.folder(run.id), run.network.to_json(), run.training.model_dump_json())
        except EngineError:
            # Lost just now: the run waits, and the next engine's start wakes the queue again.
            self.store.set_state(run.id, "queued")

    def _mark_interrupted(self, every: float = 0.0) -> None:
        """A run whose process is no more, be it an earlier server or a script, has nobody behind it.

        Looked at when the Lab starts, and then at most once in `every` seconds.
        """
        if time.monotonic() - self._looked < every:
            return
        self._looked = time.monotonic()
        try:
            for run in self.store.runs("queued", "running"):
                if run.server != self._me and not alive(run.server):
                    self.store.set_state(run.id, "interrupted")
        except StoreError as problem:
            self.problem = problem
