"""The Keras callbacks of a run that report: what Keras says, the answers, the weights. Needs TensorFlow."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from cnnlab.training.events import Answers, AnyEvent, Batch, Epoch
from cnnlab.training.snapshots import Moment, Weights, keep, make_room

OnEvent = Callable[[AnyEvent], None]
Logs = dict[str, float] | None

REPORT_SECONDS = 0.2
"""At most five batch reports a second."""


class Stopped(Exception):
    """Leaves `fit` in the middle of an epoch, so that no half epoch is reported as a whole one."""


class Reporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Copies what Keras reports into typed events and forwards them."""

    def __init__(self, on_event: OnEvent, images: int, batch_size: int) -> None:
        super().__init__()
        self._on_event = on_event
        self._images = images
        self._batch_size = batch_size
        self._epoch = 0
        self._epoch_began = self._trained = self._reported = self._validation_began = time.monotonic()
        self._reported_step = 0
        self._rate = 0.0
        self.validation_seconds = 0.0
        """Of the last epoch."""

    @property
    def training_seconds(self) -> float:
        """From the epoch's beginning to its last batch so far, without pauses."""
        return self._trained - self._epoch_began

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch + 1
        self._epoch_began = self._reported = time.monotonic()
        self._reported_step = 0

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._trained = now = time.monotonic()
        if now - self._reported >= REPORT_SECONDS and logs is not None:
            self.report(batch + 1, logs)

    def report(self, step: int, logs: dict[str, float]) -> None:
        """Report the running means after `step` batches now, unless that has been done."""
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
                accuracy=logs["accuracy"],
                examples_per_second=images / (now - self._reported),
                learning_rate=float(self.model.optimizer.learning_rate),
            )
        )
        self._reported, self._reported_step = now, step

    def waited(self, seconds: float) -> None:
        """Take the time of a pause out of everything that is measured."""
        self._epoch_began += seconds
        self._trained += seconds
        self._reported += seconds

    def on_test_begin(self, logs: Logs = None) -> None:
        # The rate that the epoch was trained with: a plateau may reduce it before the epoch is reported.
        self._rate = float(self.model.optimizer.learning_rate)
        self._validation_began = time.monotonic()

    def on_test_end(self, logs: Logs = None) -> None:
        self.validation_seconds = time.monotonic() - self._validation_began

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        assert logs is not None
        self._on_event(
            Epoch(
                epoch=epoch + 1,
                loss=logs["loss"],
                accuracy=logs["accuracy"],
                val_loss=logs["val_loss"],
                val_accuracy=logs["val_accuracy"],
                seconds=time.monotonic() - self._epoch_began,
                learning_rate=self._rate,
                examples_per_second=self._images / max(self.training_seconds, 1e-9),
                validation_seconds=self.validation_seconds,
            )
        )


class AnswersReporter(keras.callbacks.Callback):  # type: ignore[misc]
    """After each epoch, what the network says to `images`, float32 (n, height, width, channels)."""

    def __init__(self, images: np.ndarray, on_event: OnEvent) -> None:
        super().__init__()
        self._images = images
        self._on_event = on_event

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        scores = keras.ops.convert_to_numpy(self.model(self._images, training=False))
        self._on_event(Answers(epoch=epoch + 1, predictions=tuple(int(k) for k in scores.argmax(axis=1))))


class SnapshotKeeper(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps the weights of the planned moments; `done` epochs were trained before."""

    def __init__(self, folder: Path, plan: frozenset[Moment], done: int) -> None:
        super().__init__()
        self._folder = folder
        self._plan = plan
        self._epoch = done

    def on_train_begin(self, logs: Logs = None) -> None:
        self._keep(Moment(self._epoch))

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self._epoch == 0:
            self._keep(Moment(0, batch + 1))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._keep(Moment(epoch + 1))

    def _keep(self, moment: Moment) -> None:
        if moment in self._plan:
            make_room(self._folder, moment, self.model.count_params(), self._plan)
            keep(self._folder, moment, weights_of(self.model))


def weights_of(model: keras.Model) -> Weights:
    """All weights by layer."""
    return {layer.name: tuple(layer.get_weights()) for layer in model.layers if layer.weights}
