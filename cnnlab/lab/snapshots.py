"""Read the saved weights of runs and built-in networks, as plain arrays, without Keras."""

from __future__ import annotations

import bisect
import functools
from pathlib import Path

from cnnlab.errors import CNNLabError
from cnnlab.evaluation.not_finite import not_finite
from cnnlab.i18n.marks import N_
from cnnlab.lab.histories import Histories
from cnnlab.runs import builtin
from cnnlab.runs.store import RunStore
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment, Weights


class Snapshots:
    """Snapshots of any run, by the run's id."""

    def __init__(self, store: RunStore, histories: Histories) -> None:
        self._store = store
        self._histories = histories

    def folder(self, run: str) -> Path:
        """Return the folder of a run's files; StoreError if the id is invalid."""
        return builtin.folder(run) if run in builtin.NAMES else self._store.folder(run)

    def of(self, run: str) -> list[Moment]:
        """Return the run's snapshots so far, in order."""
        return snapshots.moments(self.folder(run))

    def any(self, run: str) -> bool:
        """Return whether the run has any snapshots; faster than `of`."""
        return snapshots.has_snapshots(self.folder(run))

    def size(self, run: str) -> int:
        """Return the total size of the run's snapshots in bytes."""
        return snapshots.total_bytes(self.folder(run))

    def written(self, run: str, moment: Moment) -> int:
        """Return when a snapshot was written, in nanoseconds since 1970; 0 if it does not exist."""
        return snapshots.modified_ns(self.folder(run), moment)

    def weights(self, run: str, moment: Moment) -> Weights:
        """Return layer name -> its arrays; CNNLabError if they are gone."""
        return snapshots.read(self.folder(run), moment)

    def check_finite(self, run: str, moment: Moment) -> None:
        """Check that no weight of a snapshot is NaN or infinite.

        Raises:
            NotFiniteError: one is; it says since which epoch.
            CNNLabError: the weights are gone.
        """
        if not self._finite(run, moment):
            raise not_finite("weights", self._weights_lost_in(run, moment))

    def diverged_in(self, run: str, moment: Moment) -> int | None:
        """Return the epoch since which the loss is NaN or infinite at `moment`; None if it is not, or not known."""
        return self._histories.get(run).not_finite_since(_epoch_of(moment))

    def _finite(self, run: str, moment: Moment) -> bool:
        return _is_finite(self.folder(run), moment, self.written(run, moment))

    def _weights_lost_in(self, run: str, moment: Moment) -> int | None:
        """Return the epoch in which the weights became NaN or infinite; None if that is not known.

        Weights never recover, so the snapshots are searched by halving. Where not every epoch has one, the losses
        tell more.
        """
        until = [one for one in self.of(run) if one <= moment]
        lost, since = bisect.bisect_left(until, True, key=lambda one: not self._finite(run, one)), None
        first_bad, told = _epoch_of(until[lost]), self.diverged_in(run, moment)
        if lost:
            since = first_bad
        if told is not None and (until[lost - 1].epoch if lost else 0) < told <= first_bad:
            since = told
        return since

    def final(self, run: str) -> Moment:
        """Return the snapshot that represents a run: the one kept at its end, otherwise the newest.

        Raises:
            CNNLabError: the run has no weights yet.
        """
        available, finished = self.of(run), self._histories.get(run).finished
        if not available:
            raise CNNLabError(N_("This run has no weights yet."), N_("Wait until its first epoch has ended."))
        kept = Moment(finished.kept_epoch) if finished else available[-1]
        return kept if kept in available else available[-1]


def _epoch_of(moment: Moment) -> int:
    """Return the epoch that ends at `moment` or, for a batch, contains it."""
    return moment.epoch + bool(moment.step)


@functools.lru_cache(maxsize=1000)
def _is_finite(folder: Path, moment: Moment, written: int) -> bool:
    """Cached, since every stroke on Draw asks; `written` invalidates the cache."""
    return snapshots.is_finite(folder, moment)
