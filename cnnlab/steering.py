"""What the Lab can ask of a run while it trains: to wait, to take a step, to learn faster or slower, to stop."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Literal

from cnnlab.engine.client import Engine
from cnnlab.errors import StoreError, TrainingError
from cnnlab.marks import N_
from cnnlab.runs import contents
from cnnlab.runs.store import RunStore

Step = Literal["batch", "epoch"]

LOWEST_RATE, HIGHEST_RATE = 1e-8, 100.0


class Steering:
    """The part of the Lab that steers runs. A run that has ended meanwhile is left as it is.

    Every method but `stop` raises:
        StoreError: there is no such run, or a script of somebody's own trains it.
        EngineError: the workers are not there.
    """

    store: RunStore
    engine: Engine
    _lock: threading.RLock

    def recorded(self, run: str) -> bool:
        """Whether a script of somebody's own trains it, or did (`Recorder`): the Lab cannot go on with such a run."""
        return (self.store.folder(run) / contents.RECORDED).exists()

    def stop(self, run: str, after_epoch: bool = False) -> None:
        """Take a run out of the queue, or ask it to stop, within a second or two or at the end of its epoch."""
        with self._lock:
            state = self.store.get(run).state
            if state == "queued":
                self.store.set_state(run, "stopped")
        if state == "running" and self.recorded(run):
            # The script looks after each epoch.
            self.store.set_state(run, "stopped")
        elif state == "running":
            self.engine.want(
                run, lambda now: replace(now, stop_after_epoch=True) if after_epoch else replace(now, stop=True)
            )

    def pause(self, run: str) -> None:
        """Have a run wait after its batch."""
        self._own(run)
        self.engine.want(run, lambda now: replace(now, pause=True))

    def go_on(self, run: str) -> None:
        """Have a run that waits train on."""
        self._own(run)
        self.engine.want(run, lambda now: replace(now, pause=False))

    def step(self, run: str, step: Step) -> None:
        """Have a run that waits train one batch, or to the end of the epoch, and wait again."""
        self._own(run)
        if step == "batch":
            self.engine.want(run, lambda now: replace(now, pause=True, batches=now.batches + 1))
        else:
            self.engine.want(run, lambda now: replace(now, pause=True, epochs=now.epochs + 1))

    def set_learning_rate(self, run: str, rate: float) -> None:
        """Have a run learn with another rate from its next batch on.

        Raises:
            TrainingError: the rate is out of its range.
        """
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise TrainingError(
                N_("The learning rate should be between {low:g} and {high:g}, but received {rate:g}."),
                N_("Choose a rate in this range; 0.001 suits most networks."),
                low=LOWEST_RATE,
                high=HIGHEST_RATE,
                rate=rate,
            )
        self._own(run)
        self.engine.want(run, lambda now: replace(now, learning_rate=rate))

    def _own(self, run: str) -> None:
        self.store.get(run)
        if self.recorded(run):
            raise StoreError(
                N_("A script of somebody's own trains this run; the Lab can only stop it."),
                N_("Stop it, then fork it to go on in the Lab."),
            )
