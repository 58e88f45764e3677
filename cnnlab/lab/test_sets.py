"""Sealed test sets: a run is not evaluated on its test images until someone breaks the seal."""

from __future__ import annotations

from cnnlab.datasets import available
from cnnlab.errors import StoreError
from cnnlab.i18n.marks import N_
from cnnlab.runs import builtin
from cnnlab.runs.origin import Origin, origin
from cnnlab.runs.run import Run
from cnnlab.runs.seals import Seals
from cnnlab.runs.store import RunStore


class TestSets:
    """The test sets of runs. Every method can raise StoreError: the run does not exist, or the folder is unusable."""

    __test__ = False  # pytest would collect it as a test because of its name.

    def __init__(self, store: RunStore, seals: Seals) -> None:
        self._store = store
        self._seals = seals

    def sealed(self, run: Run | str) -> bool:
        """Return whether the run's test set has not been opened.

        A run that used the test images for validation is never sealed, nor is a built-in network.
        """
        run_id = _id(run)
        if run_id in builtin.NAMES:
            return False
        return self._store.get(run_id).training.validation != "test" and self._seals.sealed(run_id)

    def trained_elsewhere(self, run: Run | str) -> bool:
        """Return whether it is not known on which images the run's network was trained.

        The run was imported or recorded, or it is a fork of such a run, or of one of its forks.
        """
        return self.origin(run) != "here"

    def origin(self, run: Run | str) -> Origin:
        """Return where the run's network was trained."""
        return origin(self._store, _id(run))

    def dataset(self, run: Run) -> str:
        """Return the dataset whose test images a run is tested on.

        This is its own, but not where all of these are another dataset's training images, which a network that was
        trained elsewhere may have seen: then it is that other dataset, if it is on this computer.
        """
        own = run.training.dataset
        whole = run.dataset.part_of
        return whole if whole and self.trained_elsewhere(run) and available(whole) else own

    def unseal(self, run: Run | str, who: str) -> None:
        """Open the run's test set and record who did."""
        run_id = _id(run)
        if self.sealed(run_id):
            self._seals.unseal(run_id, self.dataset(self._store.get(run_id)), who)

    def openings(self, dataset: str) -> int:
        """Return how often this dataset's test set was opened in this Lab, including by deleted runs."""
        return self._seals.openings(dataset)

    def note_accuracy(self, run: Run | str, value: float) -> None:
        """Store a run's accuracy on the test images, 0 to 1. Does nothing for a built-in network.

        Raises:
            StoreError: the test set is sealed.
        """
        run_id = _id(run)
        if run_id in builtin.NAMES:
            return
        if self.sealed(run_id):
            raise StoreError(N_("The test set of this run is sealed."), N_("Break the seal first."))
        self._seals.note_accuracy(run_id, float(value))


def _id(run: Run | str) -> str:
    return run if isinstance(run, str) else run.id
