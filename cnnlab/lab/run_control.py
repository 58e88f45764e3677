"""Control a run while it trains: pause, step, change the learning rate, stop."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from cnnlab.errors import StoreError, TrainingError
from cnnlab.i18n.marks import N_
from cnnlab.lab.scheduler import Scheduler
from cnnlab.runs import archive_files
from cnnlab.runs.store import RunStore

Step = Literal["batch", "epoch"]

MIN_LEARNING_RATE, MAX_LEARNING_RATE = 1e-8, 100.0


def external(store: RunStore, run: str) -> bool:
    """Return whether a run is or was trained by an external script (`Recorder`). The Lab cannot continue such a run."""
    return (store.folder(run) / archive_files.RECORDED).exists()


class RunControl:
    """Controls training runs. Calls for a run that has ended have no effect.

    Every method but `stop` raises:
        StoreError: there is no such run, or an external script trains it.
        EngineError: the workers are not running.
    """

    def __init__(self, store: RunStore, scheduler: Scheduler) -> None:
        self._store = store
        self._scheduler = scheduler
        self._engine = scheduler.engine

    def external(self, run: str) -> bool:
        """Return whether the run is or was trained by an external script."""
        return external(self._store, run)

    def stop(self, run: str, after_epoch: bool = False) -> None:
        """Remove a run from the queue, or stop it, either within a second or two or at the end of its epoch."""
        if self._scheduler.dequeue(run) or self._store.get(run).state != "running":
            return
        if self.external(run):
            # The script checks this after each epoch.
            self._store.set_state(run, "stopped")
        else:
            self._engine.update_control(
                run, lambda now: replace(now, stop_after_epoch=True) if after_epoch else replace(now, stop=True)
            )

    def pause(self, run: str) -> None:
        """Pause a run after its current batch."""
        self._check_not_external(run)
        self._engine.update_control(run, lambda now: replace(now, pause=True))

    def unpause(self, run: str) -> None:
        """Continue a paused run."""
        self._check_not_external(run)
        self._engine.update_control(run, lambda now: replace(now, pause=False))

    def step(self, run: str, step: Step) -> None:
        """Train one batch, or to the end of the epoch, and pause again."""
        self._check_not_external(run)
        if step == "batch":
            self._engine.update_control(run, lambda now: replace(now, pause=True, batches=now.batches + 1))
        else:
            self._engine.update_control(run, lambda now: replace(now, pause=True, epochs=now.epochs + 1))

    def set_learning_rate(self, run: str, rate: float) -> None:
        """Set a run's learning rate, starting with its next batch.

        Raises:
            TrainingError: the rate is out of its range.
        """
        if not MIN_LEARNING_RATE <= rate <= MAX_LEARNING_RATE:
            raise TrainingError(
                N_("The learning rate should be between {low:g} and {high:g}, but received {rate:g}."),
                N_("Choose a rate in this range; 0.001 suits most networks."),
                low=MIN_LEARNING_RATE,
                high=MAX_LEARNING_RATE,
                rate=rate,
            )
        self._check_not_external(run)
        self._engine.update_control(run, lambda now: replace(now, learning_rate=rate))

    def _check_not_external(self, run: str) -> None:
        self._store.get(run)
        if self.external(run):
            raise StoreError(
                N_("An external script is training this run; the Lab can only stop it."),
                N_("Stop it, then fork it to continue in the Lab."),
            )
