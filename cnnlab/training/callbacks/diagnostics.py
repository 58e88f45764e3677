"""Diagnostics: a Keras callback that inspects the network after each epoch, cheap enough to be always on.

Needs TensorFlow.
"""

from __future__ import annotations

import math
import time
from typing import Any

import keras
import numpy as np
import psutil
import tensorflow as tf

from cnnlab.datasets import scaled
from cnnlab.evaluation.metrics import confusion
from cnnlab.network.outputs import predicted_classes
from cnnlab.training.callbacks.reporting import Logs, OnEvent, Reporter, weights_of
from cnnlab.training.events import LayerWatch, Watch
from cnnlab.training.frozen_features import Rest
from cnnlab.training.snapshots import Weights
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import Split

IMAGE_COUNT = 500
"""Number of validation images to inspect, always the first."""
BATCH_SIZE = 100
SATURATION_MARGIN = 0.02
"""A sigmoid (0 to 1) or tanh (-1 to 1) this close to a limit hardly learns: its slope is below 0.02 or 0.04."""
_LIMITS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}

_OUTPUT = ""
"""Key of the network's output; no layer has this name."""


class Diagnostics(keras.callbacks.Callback):  # type: ignore[misc]
    """Report a `Watch` after each epoch.

    Args:
        classes: the dataset's number of classes.
        rest: the layers that are trained, if the output of the others was computed before.
    """

    def __init__(
        self,
        on_event: OnEvent,
        reporter: Reporter,
        training: TrainingSpec,
        images: Split,
        classes: int,
        rest: Rest | None = None,
    ) -> None:
        super().__init__()
        self._on_event = on_event
        self._reporter = reporter
        self._images, self._labels = scaled(images.x_validation[:IMAGE_COUNT]), images.y_validation[:IMAGE_COUNT]
        self._trained_images = len(images.x_train)
        self._classes = classes
        self._rest = rest
        self._steps = images.steps(training.batch_size)
        together = min(training.steps_per_execution, self._steps)
        self._last = (self._steps - 1) // together * together
        self._process = psutil.Process()
        self._processor = 0.0
        self._before: Weights = {}
        self._updates: dict[str, float] = {}
        self._inspect: Any = None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._processor = time.process_time()

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        if batch == self._last:
            self._before = weights_of(self.model)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if batch + 1 == self._steps and self._before:
            count = self._steps - self._last
            after = weights_of(self.model)
            self._updates = {
                layer.name: _mean_abs(_difference(after[layer.name], self._before[layer.name])) / count
                if layer.trainable
                else 0.0
                for layer in self.model.layers
                if layer.name in after
            }
            self._before = {}

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        processor = time.process_time() - self._processor
        started = time.monotonic()
        predictions, dead, saturated, forward = self._inspect_images()
        matrix = confusion(self._labels, predictions, self._classes)
        weights = {name: _mean_abs(arrays) for name, arrays in weights_of(self.model).items()}
        if not all(map(math.isfinite, weights.values())):
            # ReLU can turn NaN into 0, but such a unit is not dead.
            dead, saturated = {}, {}
        layers = {
            layer.name: LayerWatch(
                weights=weights.get(layer.name),
                updates=self._updates.get(layer.name),
                dead=dead.get(layer.name),
                saturated=saturated.get(layer.name),
            )
            for layer in self.model.layers
        }
        training = self._reporter.training_seconds
        self._on_event(
            Watch(
                epoch=epoch + 1,
                images=len(predictions),
                confusion=tuple(tuple(row) for row in matrix.tolist()),
                layers={name: layer for name, layer in layers.items() if layer != LayerWatch()},
                processor_seconds=processor,
                memory=self._process.memory_info().rss,
                batch_milliseconds=1000 * training / self._steps,
                forward_milliseconds=1000 * forward,
                backward_milliseconds=1000 * max(training / self._trained_images - forward, 0.0),
                watching_seconds=time.monotonic() - started,
            )
        )

    def _inspect_images(self) -> tuple[np.ndarray, dict[str, float], dict[str, float], float]:
        """Return predictions (n,), shares of dead units and of saturated outputs by layer, and seconds per image."""
        batches = [tf.constant(self._images[k : k + BATCH_SIZE]) for k in range(0, len(self._images), BATCH_SIZE)]
        if self._inspect is None:
            self._inspect = _build_inspector(self.model)
            # The first call is slow: it traces the graph.
            self._inspect(batches[0])
        parts, seconds = [], []
        for batch in batches:
            started = time.monotonic()
            parts.append(self._inspect(batch))
            seconds.append((time.monotonic() - started) / len(batch))
        predictions = predicted_classes(np.concatenate([part[0].numpy() for part in parts]))
        highest = {name: np.max([part[1][name] for part in parts], axis=0) for name in parts[0][1]}
        near_limit = {name: np.mean([part[2][name] for part in parts]) for name in parts[0][2]}
        return (
            predictions,
            {name: float((units <= 0).mean()) for name, units in highest.items()},
            {name: float(share) for name, share in near_limit.items()},
            # The minimum: other programs slow down some batches.
            self._rest.forward_seconds(self._images[:BATCH_SIZE]) if self._rest else min(seconds),
        )


def _build_inspector(model: keras.Sequential) -> Any:
    """Return a traced function of images.

    It returns the outputs (n, classes), the highest output of each unit by ReLU layer, and the share of outputs near a
    limit by sigmoid or tanh layer.
    """
    hidden = {layer.name: layer for layer in model.layers[:-1]}
    kinds = {name: _activation(layer) for name, layer in hidden.items()}
    watched = [name for name, kind in kinds.items() if kind == "relu" or kind in _LIMITS]
    inside = keras.Model(model.inputs, {_OUTPUT: model.outputs[0]} | {name: hidden[name].output for name in watched})

    def inspect(images: tf.Tensor) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        outputs = inside(images, training=False)
        highest, near_limit = {}, {}
        for name in watched:
            output = tf.cast(outputs[name], tf.float32)
            if kinds[name] == "relu":
                highest[name] = tf.reduce_max(output, axis=tuple(range(output.shape.rank - 1)))
            else:
                low, high = _LIMITS[kinds[name]]
                near = (output < low + SATURATION_MARGIN) | (output > high - SATURATION_MARGIN)
                near_limit[name] = tf.reduce_mean(tf.cast(near, tf.float32))
        return outputs[_OUTPUT], highest, near_limit

    return tf.function(inspect, input_signature=[tf.TensorSpec(model.inputs[0].shape, tf.float32)])


def _activation(layer: keras.layers.Layer) -> str:
    """Return the name of a layer's activation; "" if it has none."""
    function = getattr(layer, "activation", None)
    return str(getattr(function, "__name__", ""))


def _mean_abs(arrays: tuple[np.ndarray, ...]) -> float:
    """Return the mean absolute value over all arrays."""
    return float(sum(np.abs(array).sum() for array in arrays) / sum(array.size for array in arrays))


def _difference(after: tuple[np.ndarray, ...], before: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    return tuple(a - b for a, b in zip(after, before, strict=True))
