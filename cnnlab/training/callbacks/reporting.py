"""Keras callbacks that report metrics and predictions, and save snapshots. Needs TensorFlow."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from cnnlab.network.outputs import predicted_classes
from cnnlab.training.events import Answers, AnyEvent, Batch, Epoch
from cnnlab.training.snapshots import Moment, Weights, make_room, save

OnEvent = Callable[[AnyEvent], None]
Logs = dict[str, float] | None

REPORT_SECONDS = 0.2
"""Minimum interval between batch reports: at most five per second."""


class Stopped(Exception):
    """Raised to leave `fit` within an epoch, so that a partial epoch is not reported as a finished one."""


class Reporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Report Keras's metrics as typed events."""

    def __init__(self, on_event: OnEvent, images: int, batch_size: int) -> None:
        super().__init__()
        self._on_event = on_event
        self._images = images
        self._batch_size = batch_size
        self._epoch = 0
        self._epoch_started = self._trained = self._reported = self._validation_started = time.monotonic()
        self._reported_step = 0
        self._rate = 0.0
        self.validation_seconds = 0.0
        """Duration of the validation of the last epoch."""

    @property
    def training_seconds(self) -> float:
        """Return the time from the start of the epoch to its last batch so far, without pauses."""
        return self._trained - self._epoch_started

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch + 1
        self._epoch_started = self._reported = time.monotonic()
        self._reported_step = 0

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._trained = now = time.monotonic()
        if now - self._reported >= REPORT_SECONDS and logs is not None:
            self.report(batch + 1, logs)

    def report(self, step: int, logs: dict[str, float]) -> None:
        """Report the running means after `step` batches, unless already reported."""
        if step == self._reported_step:
            return
        now = time.monotonic()
        images = (step - self._reported_step) * self._batch_size
        self._on_event(
            Batch(
                epoch=self._epoch,
                step=step,
                steps=-(-self._images // self._batch_size),
                loss=logs["loss"],
                accuracy=_accuracy(logs),
                examples_per_second=images / (now - self._reported),
                learning_rate=float(self.model.optimizer.learning_rate),
            )
        )
        self._reported, self._reported_step = now, step

    def exclude_pause(self, seconds: float) -> None:
        """Exclude the duration of a pause from all measured times."""
        self._epoch_started += seconds
        self._trained += seconds
        self._reported += seconds

    def on_test_begin(self, logs: Logs = None) -> None:
        # The epoch's learning rate: ReduceLROnPlateau may change it before the epoch is reported.
        self._rate = float(self.model.optimizer.learning_rate)
        self._validation_started = time.monotonic()

    def on_test_end(self, logs: Logs = None) -> None:
        self.validation_seconds = time.monotonic() - self._validation_started

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        assert logs is not None
        self._on_event(
            Epoch(
                epoch=epoch + 1,
                loss=logs["loss"],
                accuracy=_accuracy(logs),
                val_loss=logs["val_loss"],
                val_accuracy=_accuracy(logs, "val_"),
                seconds=time.monotonic() - self._epoch_started,
                learning_rate=self._rate,
                examples_per_second=self._images / max(self.training_seconds, 1e-9),
                validation_seconds=self.validation_seconds,
            )
        )


def _accuracy(logs: dict[str, float], prefix: str = "") -> float:
    """Return Keras's accuracy; NaN if the loss is NaN or infinite, since Keras then counts NaN as the first class."""
    return logs[f"{prefix}accuracy"] if math.isfinite(logs[f"{prefix}loss"]) else math.nan


class AnswersReporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Report the predictions for `images`, float32 (n, height, width, channels), after each epoch."""

    def __init__(self, images: np.ndarray, on_event: OnEvent) -> None:
        super().__init__()
        self._images = images
        self._on_event = on_event

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        outputs = keras.ops.convert_to_numpy(self.model(self._images, training=False))
        self._on_event(Answers(epoch=epoch + 1, predictions=tuple(predicted_classes(outputs).tolist())))


class SnapshotKeeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Save the weights at the planned moments; `done` is the number of epochs trained before."""

    def __init__(self, folder: Path, plan: frozenset[Moment], done: int) -> None:
        super().__init__()
        self._folder = folder
        self._plan = plan
        self._epoch = done

    def on_train_begin(self, logs: Logs = None) -> None:
        self._save(Moment(self._epoch))

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self._epoch == 0:
            self._save(Moment(0, batch + 1))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._save(Moment(epoch + 1))

    def _save(self, moment: Moment) -> None:
        if moment in self._plan:
            make_room(self._folder, moment, self.model.count_params(), self._plan)
            save(self._folder, moment, weights_of(self.model))


def weights_of(model: keras.Model) -> Weights:
    """Return all weights by layer."""
    return {layer.name: tuple(layer.get_weights()) for layer in model.layers if layer.weights}
