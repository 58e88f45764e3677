"""Early stopping that works across an interruption. Needs TensorFlow."""

from __future__ import annotations

import keras

from cnnlab.training.events import Epoch


class ResumableEarlyStopping(keras.callbacks.EarlyStopping):  # type: ignore[misc]
    """Keras's early stopping, initialized with the epochs before an interruption."""

    def __init__(self, patience: int, past: tuple[Epoch, ...]) -> None:
        super().__init__(monitor="val_loss", patience=patience)
        self._past = past

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        super().on_train_begin(logs)
        for epoch in self._past:
            self.on_epoch_end(epoch.epoch - 1, {"val_loss": epoch.val_loss})
