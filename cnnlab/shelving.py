"""Keeping order among runs: names, notes, tags, deleting; training them on, and from them; the seals of test sets."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable

import numpy as np

from cnnlab import builtin
from cnnlab.datasets import DATASETS
from cnnlab.errors import StoreError, TrainingError
from cnnlab.inside import Inside
from cnnlab.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.record import Run
from cnnlab.runs.shelf import Shelf
from cnnlab.training.beginning import CHECKPOINT, Beginning, Extra, check_extra, check_weights
from cnnlab.training.history import History
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec


class Shelving(Inside, ABC):
    """The part of the Lab that keeps order. Every method can raise StoreError: there is no run with that id, or it was
    deleted; the folder cannot be used."""

    shelf: Shelf
    _lock: threading.RLock
    _me: str

    @abstractmethod
    def history(self, run: str) -> History: ...

    @abstractmethod
    def _wake(self) -> None:
        """Give the engine as many waiting runs as it has room for."""

    @abstractmethod
    def _enter(
        self,
        network: NetworkSpec,
        training: TrainingSpec,
        who: str,
        name: str,
        beginning: Beginning,
        parent: tuple[str, int] | None,
    ) -> str:
        """Queue a new run and return its id; see `start` and `fork`."""

    # Notes

    def rename(self, run: str, name: str) -> None:
        """Give it another name, of at most 80 characters on one line; without one it is called as its network is."""
        self.shelf.rename(run, name)

    def note(self, run: str, text: str) -> None:
        """Replace its note, of at most 2,000 characters."""
        self.shelf.note(run, text)

    def tag(self, run: str, tags: Iterable[str]) -> None:
        """Replace its tags: at most ten, of at most 30 characters each."""
        self.shelf.tag(run, tags)

    # Deleting

    def delete(self, run: str) -> None:
        """Mark a run as deleted; until `purge`, or until the Lab starts again, `undelete` brings it back.

        Raises:
            StoreError: it is going on.
        """
        with self._lock:
            if not self.shelf.delete(run):
                raise StoreError(N_("This run is still going on."), N_("Stop it first, then delete it."))

    def undelete(self, run: str) -> None:
        """Bring a deleted run back as it was."""
        self.shelf.undelete(run)

    def deleted(self) -> list[Run]:
        """The runs that can be brought back, the one that was deleted last first."""
        return self.store.deleted()

    def purge(self, *runs: str) -> None:
        """Remove deleted runs (all of them where none are named) for good, with their files."""
        self.shelf.purge(*runs)

    # Going on

    def continue_run(self, run: str, epochs: int) -> None:
        """Train an ended run for `epochs` more epochs than it has, from its last checkpoint, as the same run.

        Early stopping is switched off where it has ended the run: so many epochs are what is asked for. The weights of
        the best epoch are still gone back to, where they were.

        Raises:
            StoreError: it is going on, or it has no checkpoint.
            TrainingError: a run does not have so many epochs.
        """
        with self._lock:
            before = self.store.get(run)
            if before.going:
                raise StoreError(N_("This run is still going on."), N_("Wait until it has ended, or stop it first."))
            if not (self.folder(run) / CHECKPOINT).exists():
                raise StoreError(
                    N_("This run has no checkpoint from which it could go on."),
                    N_("Fork it: a new run begins with its weights."),
                )
            training, finished = before.training, self.history(run).finished
            longer = training.replace(epochs=_epochs(before.epochs_done, epochs))
            if finished and finished.reason == "early":
                kept = training.save_best or training.restore_best_weights
                longer = longer.replace(early_stopping=False, save_best=kept)
            self.store.requeue(run, self._me, longer)
        self._wake()

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
        """Start a new run that begins with the weights that another had at a kept moment, and return its id.

        The optimizer begins anew: only weights are kept of a moment.

        Args:
            run: the other run, or a built-in network.
            epoch: after which of its epochs; or any kept moment.
            network: the new run's, with the same layers that have weights; by default the same.
            name: by default the other run's.
            extra: images uint8 (n, height, width, channels) and labels (n,) that are added to the training images,
                each so many times; never to the validation images.

        Raises:
            CNNLabError: no weights were kept of that moment.
            NetworkError: the network cannot be trained on this dataset.
            TrainingError: there is no such dataset, or the weights or images do not fit.
        """
        parent = builtin.run(run) if run in builtin.NAMES else self.store.get(run)
        moment = Moment(epoch) if isinstance(epoch, int) else epoch
        weights, network = self.weights(run, moment), network or parent.network
        check_weights(network, weights)
        more = Extra(np.asarray(extra[0]), np.asarray(extra[1]), int(extra[2])) if extra else None
        if more:
            info = DATASETS[training.checked().dataset]
            check_extra(more, info.input_shape, len(info.class_names))
        return self._enter(
            network, training, who, name or parent.name, Beginning(weights, more), (parent.id, moment.epoch)
        )

    # The seals of test sets

    def sealed(self, run: Run | str) -> bool:
        """Whether nobody has looked at the run's answers to the test images.

        One that used them for validation was never sealed, and a built-in network is not.
        """
        known = _id(run)
        if known in builtin.NAMES:
            return False
        return self.store.get(known).training.validation != "test" and self.shelf.sealed(known)

    def unseal(self, run: Run | str, who: str) -> None:
        """Open the run's test set, and write down who did."""
        known = _id(run)
        if self.sealed(known):
            self.shelf.unseal(known, self.store.get(known).training.dataset, who)

    def openings(self, dataset: str) -> int:
        """How many seals of this dataset's test set have been broken in this Lab, be the runs deleted since or not."""
        return self.shelf.openings(dataset)

    def note_test_accuracy(self, run: Run | str, value: float) -> None:
        """Keep a run's accuracy on the test images, 0 to 1. (A built-in network's is known.)

        Raises:
            StoreError: its test set is sealed.
        """
        known = _id(run)
        if known in builtin.NAMES:
            return
        if self.sealed(known):
            raise StoreError(N_("The test set of this run is sealed."), N_("Break the seal first."))
        self.shelf.note_test_accuracy(known, float(value))


def _id(run: Run | str) -> str:
    return run if isinstance(run, str) else run.id


def _epochs(done: int, more: int) -> int:
    """How many they are together."""
    most: int = next(bound.le for bound in TrainingSpec.model_fields["epochs"].metadata if hasattr(bound, "le"))
    if more < 1 or done + more > most:
        raise TrainingError(
            N_("A run has at most {most:,} epochs, and goes on for at least one; received {more:,} after {done:,}."),
            N_("Choose another number of epochs."),
            most=most,
            more=more,
            done=done,
        )
    return done + more
