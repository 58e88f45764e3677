"""Obedience: the Keras callback that does what is wanted of a run while it trains. Needs TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Callable

import keras

from cnnlab.training.callbacks import Logs, OnEvent, Reporter, Stopped
from cnnlab.training.control import Control
from cnnlab.training.events import Continued, Paused, RateChanged
from cnnlab.training.rate import Rate

LOOK_SECONDS = 0.05
"""How often a run that waits looks whether it may go on."""


class Obedience(keras.callbacks.Callback):  # type: ignore[misc]
    """Asks after every batch what is wanted; stops, waits, steps, and changes the learning rate.

    Single steps that were asked for before it came (of an earlier process) are not taken again.
    """

    def __init__(
        self, control: Callable[[], Control], on_event: OnEvent, reporter: Reporter, rate: Rate, steps: int
    ) -> None:
        super().__init__()
        self._control = control
        self._on_event = on_event
        self._reporter = reporter
        self._rate = rate
        self._steps = steps
        first = control()
        self._batches, self._epochs = first.batches, first.epochs
        self._wanted_rate: float | None = None
        self._to_epoch_end = False
        self._epoch = 0
        self.stopped = False
        """Whether it was stopped at the end of an epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._obey(batch + 1, logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self._control().stop:
            raise Stopped

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self._control().stop_after_epoch:
            self.stopped = self.model.stop_training = True
        elif self._to_epoch_end and not self.model.stop_training:
            self._to_epoch_end = False
            self._obey(self._steps, None)

    def _obey(self, step: int, logs: Logs) -> None:
        control = self._control()
        if control.stop:
            raise Stopped
        self._take_rate(control, step)
        if control.pause and not self._to_epoch_end:
            self._wait(step, logs)

    def _take_rate(self, control: Control, step: int) -> None:
        wanted = control.learning_rate
        if wanted is not None and wanted != self._wanted_rate:
            self._wanted_rate = wanted
            self._rate.change(wanted)
            self._on_event(RateChanged(epoch=self._epoch + step / self._steps, learning_rate=self._rate.now()))

    def _wait(self, step: int, logs: Logs) -> None:
        """Until the run may go on, or take a step."""
        if logs is not None:
            self._reporter.report(step, logs)
        began = time.monotonic()
        self._on_event(Paused(epoch=self._epoch + 1, step=step))
        while True:
            control = self._control()
            if control.stop:
                raise Stopped
            self._take_rate(control, step)
            if not control.pause:
                break
            if control.batches > self._batches:
                self._batches += 1
                break
            if control.epochs > self._epochs or control.stop_after_epoch:
                self._epochs, self._to_epoch_end = control.epochs, True
                break
            time.sleep(LOOK_SECONDS)
        self._reporter.waited(time.monotonic() - began)
        if not control.pause or self._to_epoch_end:
            self._on_event(Continued())
