"""Compute the output of frozen first layers once, and train only the layers after them on it. Needs TensorFlow.

The result is that of training the whole network: frozen layers give the same output in every epoch. Callbacks see the
whole network, since they report, save and stop it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnnlab.training.compile_model import compile_model
from cnnlab.training.spec import TrainingSpec

BATCH_SIZE = 256
"""Images per step of the computation; between two steps it can be stopped."""


class Rest:
    """The layers of a compiled network after its first `count` ones, which it shares with the network.

    Attributes:
        model: these layers, compiled with the network's own optimizer.
    """

    def __init__(self, whole: keras.Sequential, count: int, training: TrainingSpec, steps: int) -> None:
        self._whole = whole
        first, last = whole.layers[:count], whole.layers[count:]
        self._first = keras.Sequential([keras.Input(whole.input_shape[1:]), *first])
        self.model = keras.Sequential([keras.Input(self._first.output_shape[1:]), *last])
        self._compute = _traced(self._first)
        self._forward = _traced(self.model)
        self._timed: tf.Tensor | None = None
        compile_model(self.model, training, steps, whole.optimizer)

    def features(self, images: np.ndarray, between: Callable[[], None] = lambda: None) -> np.ndarray:
        """Return the output of the first layers, float32 (n, ...), for images float32 (n, height, width, channels).

        Args:
            between: called before every `BATCH_SIZE` images; may raise to stop.
        """
        found = np.empty((len(images), *self._first.output_shape[1:]), np.float32)
        for k in range(0, len(images), BATCH_SIZE):
            between()
            batch = tf.constant(images[k : k + BATCH_SIZE])
            found[k : k + BATCH_SIZE] = tf.cast(self._compute(batch), tf.float32).numpy()
        return found

    def forward_seconds(self, images: np.ndarray) -> float:
        """Return the time per image of a forward pass through the layers that are trained; the best of six.

        The features of the first call's images are kept, so always pass the same.
        """
        if self._timed is None:
            self._timed = tf.constant(self.features(images))
        seconds = []
        # The minimum: the first call traces the graph, and other programs slow down some.
        for _ in range(6):
            started = time.monotonic()
            self._forward(self._timed)
            seconds.append((time.monotonic() - started) / len(images))
        return min(seconds)

    def fit(self, callbacks: Sequence[keras.callbacks.Callback], **arguments: Any) -> None:
        """Train like the network's `fit`, on features instead of images."""
        # `fit` sets this on the model that it trains.
        self._whole.stop_training = False
        self.model.history = None
        together = [*callbacks, _StopToo(self.model)]
        self.model.fit(**arguments, callbacks=keras.callbacks.CallbackList(together, model=self._whole))


def _traced(model: keras.Sequential) -> Any:
    """Return a fast function that calls a model on a batch of any size."""
    signature = [tf.TensorSpec(model.inputs[0].shape, tf.float32)]
    return tf.function(lambda batch: model(batch, training=False), input_signature=signature)


class _StopToo(keras.callbacks.Callback):  # type: ignore[misc]
    """Stop the training of `rest` once another callback has stopped the whole network's."""

    def __init__(self, rest: keras.Sequential) -> None:
        super().__init__()
        self._rest = rest

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._rest.stop_training = self.model.stop_training

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._rest.stop_training = self.model.stop_training
