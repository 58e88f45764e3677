"""Change the learning rate by hand or on a plateau, with or without a schedule. Needs TensorFlow."""

from __future__ import annotations

from typing import Any

import keras

from cnnlab.training.callbacks.reporting import Logs, OnEvent
from cnnlab.training.events import Epoch, RateChanged
from cnnlab.training.schedule import keras_schedule
from cnnlab.training.spec import TrainingSpec


@keras.saving.register_keras_serializable("cnnlab")
class Adjustable(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A schedule multiplied by `factor`, which can be changed during training; 1 leaves all digits unchanged.

    Checkpoints store the name of this class, so it must not be renamed.
    """

    def __init__(self, schedule: Any, factor: float = 1.0) -> None:
        super().__init__()
        self._schedule = schedule
        self._factor = keras.Variable(factor, trainable=False, dtype="float32", name="factor")

    def __call__(self, step: Any) -> Any:
        return self._schedule(step) * self._factor

    def multiply(self, factor: float) -> None:
        """Multiply the factor by `factor`, from the next step on."""
        self._factor.assign(self._factor * factor)

    def get_config(self) -> dict[str, Any]:
        schedule = keras.saving.serialize_keras_object(self._schedule)
        return {"schedule": schedule, "factor": float(self._factor)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Adjustable:
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["factor"])


class LearningRate:
    """The learning rate of a compiled model, whose schedule is replaced by an adjustable one.

    A model from a checkpoint keeps its factor, but gets a new schedule, which depends on the number of epochs.
    """

    def __init__(self, model: keras.Model, training: TrainingSpec, steps: int) -> None:
        self._optimizer = model.optimizer
        self._schedule: Adjustable | None = None
        if schedule := keras_schedule(training, steps):
            name, arguments = schedule
            before = self._optimizer.get_config()["learning_rate"]
            factor = before["config"].get("factor", 1.0) if isinstance(before, dict) else 1.0
            self._schedule = Adjustable(getattr(keras.optimizers.schedules, name)(**arguments), factor)
            self._optimizer.learning_rate = self._schedule

    def now(self) -> float:
        """Return the learning rate of the next step."""
        return float(self._optimizer.learning_rate)

    def change(self, rate: float) -> None:
        """Set the rate from the next step on; a schedule continues from it, unless it has already decayed to zero."""
        if self._schedule is None:
            self._optimizer.learning_rate = rate
        elif now := self.now():
            self._schedule.multiply(rate / now)


class ResumableReduceLROnPlateau(keras.callbacks.ReduceLROnPlateau):  # type: ignore[misc]
    """Keras's ReduceLROnPlateau, initialized with the epochs before an interruption; reports each reduction."""

    def __init__(self, training: TrainingSpec, past: tuple[Epoch, ...], on_event: OnEvent) -> None:
        super().__init__(monitor="val_loss", factor=training.plateau_factor, patience=training.plateau_patience)
        self._past = past
        self._on_event = on_event

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        rate = float(self.model.optimizer.learning_rate)
        for epoch in self._past:
            super().on_epoch_end(epoch.epoch - 1, {"val_loss": epoch.val_loss})
        # Replaying the past epochs must not reduce the checkpoint's rate again.
        self.model.optimizer.learning_rate = rate

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        before = float(self.model.optimizer.learning_rate)
        super().on_epoch_end(epoch, logs)
        rate = float(self.model.optimizer.learning_rate)
        if rate != before:
            self._on_event(RateChanged(epoch=epoch + 1, learning_rate=rate, why="plateau"))
