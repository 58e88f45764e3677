"""Start, find and continue runs, and read what they report.

queued -> running -> finished | stopped | failed | interrupted; the last three can be resumed, which queues them again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cnnlab import datasets
from cnnlab.errors import StoreError, TrainingError, explain_folder
from cnnlab.i18n.marks import N_
from cnnlab.lab.histories import Histories
from cnnlab.lab.run_control import external
from cnnlab.lab.run_drawings import pack_drawings
from cnnlab.lab.scheduler import Scheduler
from cnnlab.lab.snapshots import Snapshots
from cnnlab.lab.start_weights import StartWeights
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import check
from cnnlab.runs import builtin
from cnnlab.runs.archive_files import CONTINUED
from cnnlab.runs.drawings import Drawings
from cnnlab.runs.origin import origin
from cnnlab.runs.run import MAX_NAME, Run, one_line
from cnnlab.runs.store import RunStore, new_id
from cnnlab.settings import Settings
from cnnlab.training import drawings_file, memory, probe_images
from cnnlab.training.events import AnyEvent
from cnnlab.training.history import History
from cnnlab.training.initial_state import (
    CHECKPOINT,
    NO_INITIAL_STATE,
    Extra,
    InitialState,
    check_extra,
    check_weights,
    save,
)
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import check_classes

LIVENESS_SECONDS = 2.0
"""Minimum interval between liveness checks of other servers' runs."""


class Runs:
    """The runs of a Lab. Every method can raise StoreError: there is no run with that id, it was deleted, or the Lab's
    folder cannot be used."""

    def __init__(
        self,
        settings: Settings,
        store: RunStore,
        scheduler: Scheduler,
        histories: Histories,
        snapshots: Snapshots,
        drawings: Drawings,
        start_weights: StartWeights,
    ) -> None:
        self._settings = settings
        self._store = store
        self._scheduler = scheduler
        self._histories = histories
        self._snapshots = snapshots
        self._drawings = drawings
        self._start_weights = start_weights

    # Finding

    def get(self, run: str) -> Run:
        """Return a run; also a built-in network."""
        self._scheduler.retry_writes()
        self._scheduler.mark_interrupted(LIVENESS_SECONDS)
        return builtin.run(run) if run in builtin.NAMES else self._store.get(run)

    def all(self) -> list[Run]:
        """Return all runs, newest first."""
        return self._store.runs()

    def active(self) -> list[Run]:
        """Return the runs that train or wait in the queue, newest first."""
        self._scheduler.mark_interrupted(LIVENESS_SECONDS)
        return self._store.runs("queued", "running")

    def waiting(self) -> list[Run]:
        """Return the runs that wait for a worker, next first."""
        return self._store.queue(self._scheduler.owner)

    def position(self, run: str) -> int:
        """Return how many runs are ahead of this one in the queue."""
        waiting = [other.id for other in self.waiting()]
        return waiting.index(run) if run in waiting else 0

    def events(self, run: str, after: int = 0) -> list[tuple[int, AnyEvent]]:
        """Return (number, event) of the run's events after number `after`, in order."""
        return self._store.events(run, after)

    def history(self, run: str) -> History:
        """Return the run's history. It is shared: treat it as read-only."""
        return self._histories.get(run)

    def probe_images(self, run: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the test images whose predictions a run reports, uint8 (n, height, width, channels), and their labels
        (n,); None if there are none yet."""
        return probe_images.read(self._snapshots.folder(run))

    # Starting

    def start(
        self,
        network: NetworkSpec,
        training: TrainingSpec,
        who: str = "",
        name: str = "",
        initial: InitialState = NO_INITIAL_STATE,
        parent: tuple[str, int] | None = None,
    ) -> str:
        """Queue a new run and return its id.

        Args:
            who: the person's nickname or session id.
            name: by default the network's.
            initial: initial weights and additional images; without weights, those that `network.start` names.
            parent: the run whose weights it starts with, and after which of its epochs; see `fork`.

        Raises:
            NetworkError: the network cannot be trained on this dataset, or there are no weights for it to start with.
            NotFiniteError: these weights are NaN or infinite.
            TrainingError: the dataset or the drawings do not exist, they do not fit, or there is too little memory.
            DatasetError: the image set does not exist.
        """
        info = datasets.info(training.checked().dataset, self._settings)
        summary = check(network, info.input_shape, len(info.class_names), self._settings.max_parameters)
        check_classes(training, len(info.class_names))
        if not self._settings.scheduler:
            memory.check(summary, training, dataset=info)
        sources = [parent[0]] if parent else []
        if network.start and initial.weights is None:
            initial = InitialState(self._start_weights.weights(network), initial.extra)
            sources.append(network.start.run)
        drawings, run = pack_drawings(self._drawings, training), new_id()
        with self._scheduler.locked_queue() as at_once:
            # All or nothing: if the disk is full, no run is added.
            with self._new_folder(run) as folder:
                if drawings:
                    drawings_file.save(folder, drawings)
                save(folder, initial)
                if any(origin(self._store, source) != "here" for source in sources):
                    (folder / CONTINUED).touch()
                added = self._store.create(
                    one_line(name, MAX_NAME) or one_line(network.name, MAX_NAME),
                    who,
                    network,
                    training,
                    self._scheduler.owner,
                    summary=summary,
                    running=at_once,
                    run=run,
                    parent=parent,
                    dataset=info,
                )
            if at_once:
                self._scheduler.submit(added)
        return run

    @contextmanager
    def _new_folder(self, run: str) -> Iterator[Path]:
        """Yield the folder of a new run; remove it if the block fails."""
        folder = self._store.folder(run)
        try:
            with explain_folder(folder):
                yield folder
        except StoreError:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def fork(
        self,
        run: str,
        epoch: int | Moment,
        training: TrainingSpec,
        network: NetworkSpec | None = None,
        name: str = "",
        extra: tuple[np.ndarray, np.ndarray, int] | None = None,
        who: str = "",
    ) -> str:
        """Start a new run with the weights of another run's snapshot, and return its id.

        The optimizer's state is not restored: a snapshot contains weights only.

        Args:
            run: the other run, or a built-in network.
            epoch: a snapshot, or the number of an epoch.
            network: the new run's network; layers with weights must match. By default the same network.
            name: by default the other run's.
            extra: images uint8 (n, height, width, channels), labels (n,), and how often each image is repeated per
                epoch. They are added to the training images, never to the validation images.

        Raises:
            CNNLabError: there is no such snapshot.
            NotFiniteError: its weights are NaN or infinite.
            NetworkError: the network cannot be trained on this dataset.
            TrainingError: the dataset does not exist, or the weights or images do not fit.
        """
        parent = builtin.run(run) if run in builtin.NAMES else self._store.get(run)
        moment = Moment(epoch) if isinstance(epoch, int) else epoch
        self._snapshots.check_finite(run, moment)
        weights, network = self._snapshots.weights(run, moment), network or parent.network
        check_weights(network, weights)
        more = Extra(np.asarray(extra[0]), np.asarray(extra[1]), int(extra[2])) if extra else None
        if more:
            info = datasets.info(training.checked().dataset, self._settings)
            check_extra(more, info.input_shape, len(info.class_names))
        initial = InitialState(weights, more)
        return self.start(network, training, who, name or parent.name, initial, (parent.id, moment.epoch))

    # Continuing

    def resume(self, run: str) -> None:
        """Queue an ended run again; it continues from the checkpoint of its last epoch.

        Raises:
            StoreError: the run cannot be resumed.
            DatasetError: its image set has changed, or was deleted.
        """
        with self._scheduler.locked_queue():
            before = self._store.get(run)
            if not before.resumable:
                raise StoreError(N_("This run cannot be resumed: it is still active or has finished."))
            if external(self._store, run):
                raise StoreError(
                    N_("This run was recorded by an external script, so the Lab cannot resume it."),
                    N_("Run the script again, or fork this run."),
                )
            datasets.unchanged(before.training.dataset, before.digest, self._settings)
            self._store.requeue(run, self._scheduler.owner)
        self._scheduler.wake()

    def add_epochs(self, run: str, epochs: int) -> None:
        """Continue an ended run for `epochs` additional epochs from its last checkpoint.

        If early stopping ended the run, it is switched off, so that all epochs are trained; the weights of the best
        epoch are still restored if they were before.

        Raises:
            StoreError: the run is still active, or has no checkpoint.
            TrainingError: the total number of epochs is too large.
            DatasetError: its image set has changed, or was deleted.
        """
        with self._scheduler.locked_queue():
            before = self._store.get(run)
            if before.active:
                raise StoreError(N_("This run is still active."), N_("Wait until it has ended, or stop it first."))
            if not (self._store.folder(run) / CHECKPOINT).exists():
                raise StoreError(
                    N_("This run has no checkpoint to continue from."),
                    N_("Fork it: a new run starts with its weights."),
                )
            datasets.unchanged(before.training.dataset, before.digest, self._settings)
            training, finished = before.training, self._histories.get(run).finished
            longer = training.replace(epochs=_epochs(before.epochs_done, epochs))
            if finished and finished.reason == "early":
                kept = training.save_best or training.restore_best_weights
                longer = longer.replace(early_stopping=False, save_best=kept)
            self._store.requeue(run, self._scheduler.owner, longer)
        self._scheduler.wake()


def _epochs(done: int, more: int) -> int:
    """Return the total number of epochs; TrainingError if a run cannot have that many."""
    most: int = next(bound.le for bound in TrainingSpec.model_fields["epochs"].metadata if hasattr(bound, "le"))
    if more < 1 or done + more > most:
        raise TrainingError(
            N_("A run has at most {most:,} epochs, and continues for at least 1; received {more:,} after {done:,}."),
            N_("Choose another number of epochs."),
            most=most,
            more=more,
            done=done,
        )
    return done + more
