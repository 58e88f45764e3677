"""RunControl: a Keras callback that applies stop, pause, step and learning-rate requests. Needs TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Callable

import keras

from cnnlab.training.callbacks.learning_rate import LearningRate
from cnnlab.training.callbacks.reporting import Logs, OnEvent, Reporter, Stopped
from cnnlab.training.control import Control
from cnnlab.training.events import Continued, Paused, RateChanged

POLL_SECONDS = 0.05
"""Polling interval of a paused run."""


class RunControl(keras.callbacks.Callback):  # type: ignore[misc]
    """Check for requests after every batch: stop, pause, single steps, and changes of the learning rate.

    Single steps requested before this callback was created (of an earlier process) are not repeated.
    """

    def __init__(
        self, control: Callable[[], Control], on_event: OnEvent, reporter: Reporter, rate: LearningRate, steps: int
    ) -> None:
        super().__init__()
        self._control = control
        self._on_event = on_event
        self._reporter = reporter
        self._rate = rate
        self._steps = steps
        first = control()
        self._batches, self._epochs = first.batches, first.epochs
        self._requested_rate: float | None = None
        self._to_epoch_end = False
        self._epoch = 0
        self.stopped = False
        """Whether the run was stopped at the end of an epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._apply(batch + 1, logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.check_stop()

    def check_stop(self) -> None:
        """Raise `Stopped` if the run is to stop now."""
        if self._control().stop:
            raise Stopped

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self._control().stop_after_epoch:
            self.stopped = self.model.stop_training = True
        elif self._to_epoch_end and not self.model.stop_training:
            self._to_epoch_end = False
            self._apply(self._steps, None)

    def _apply(self, step: int, logs: Logs) -> None:
        control = self._control()
        if control.stop:
            raise Stopped
        self._apply_rate(control, step)
        if control.pause and not self._to_epoch_end:
            self._wait(step, logs)

    def _apply_rate(self, control: Control, step: int) -> None:
        requested = control.learning_rate
        if requested is not None and requested != self._requested_rate:
            self._requested_rate = requested
            self._rate.change(requested)
            self._on_event(RateChanged(epoch=self._epoch + step / self._steps, learning_rate=self._rate.now()))

    def _wait(self, step: int, logs: Logs) -> None:
        """Pause until the run may continue or take a step."""
        if logs is not None:
            self._reporter.report(step, logs)
        started = time.monotonic()
        self._on_event(Paused(epoch=self._epoch + 1, step=step))
        while True:
            control = self._control()
            if control.stop:
                raise Stopped
            self._apply_rate(control, step)
            if not control.pause:
                break
            if control.batches > self._batches:
                self._batches += 1
                break
            if control.epochs > self._epochs or control.stop_after_epoch:
                self._epochs, self._to_epoch_end = control.epochs, True
                break
            time.sleep(POLL_SECONDS)
        self._reporter.exclude_pause(time.monotonic() - started)
        if not control.pause or self._to_epoch_end:
            self._on_event(Continued())
