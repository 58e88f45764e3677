"""Compute the output of every layer for an image, with the weights of any snapshot. Needs TensorFlow."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnnlab.network.build import assign_weights, build
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.snapshots import Weights

BATCH_SIZE = 500
"""Maximum number of images per batch: the feature maps of thousands would fill the memory."""

Graph = Callable[..., Any]
"""A function of a TracedNetwork and tensors (images, optionally a class per image) that TensorFlow can trace."""


class TracedNetwork:
    """A network that is traced once and run with different weights; tracing takes longer than a hundred runs.

    Attributes:
        network: the spec that it was built from.
        layers: its Keras layers, in the order of `network.layers`.
    """

    def __init__(self, network: NetworkSpec) -> None:
        self.network = network
        self.layers: tuple[Any, ...] = tuple(build(network).layers)
        self._graphs: dict[Graph, Any] = {}
        self._current: Weights | None = None

    def feature_maps(self, weights: Weights, image: np.ndarray) -> dict[str, np.ndarray]:
        """Return the outputs by layer name, without the batch axis; `image` is float32 (height, width, channels)."""
        outputs = self.run(_outputs, weights, image[np.newaxis])
        return {layer.name: output.numpy()[0] for layer, output in zip(self.layers, outputs, strict=True)}

    def active_maps(self, weights: Weights, images: np.ndarray) -> dict[str, np.ndarray]:
        """Return which feature maps are not zero for every one of `images` (n, height, width, channels).

        Returns:
            By the name of each layer with feature maps: bool (channels,).
        """
        active: dict[str, np.ndarray] = {}
        for start in range(0, len(images), BATCH_SIZE):
            for name, found in self.run(_active_maps, weights, images[start : start + BATCH_SIZE]).items():
                active[name] = found.numpy() | active.get(name, False)
        return active

    def probabilities(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        """Return the outputs float32 (n, classes) for images float32 (n, height, width, channels).

        They are probabilities if the network ends with softmax, see `network.outputs.output_kind`.
        """
        return self.batched(_probabilities, weights, images)

    def outputs_and_losses(
        self, weights: Weights, images: np.ndarray, labels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the outputs float32 (n, classes) and the cross-entropies float32 (n,), those that training minimizes.

        Args:
            images: float32 (n, height, width, channels), n >= 1.
            labels: the true classes, integers (n,).
        """
        parts = []
        for start in range(0, len(images), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            found = self.run(_outputs_and_losses_graph, weights, images[batch], labels[batch])
            parts.append([part.numpy() for part in found])
        outputs, losses = (np.concatenate(found) for found in zip(*parts, strict=True))
        return outputs, losses

    def run(self, graph: Graph, weights: Weights, images: np.ndarray, targets: np.ndarray | None = None) -> Any:
        """Run `graph(self, images)`, or `graph(self, images, targets)`, with these weights; return tensors.

        Args:
            graph: a module-level function; it is traced at its first use and recognized by its identity.
            images: float (n, height, width, channels).
            targets: a class for each image, integers (n,).
        """
        self._set_weights(weights)
        tensors = [images.astype(np.float32)]
        if targets is not None:
            tensors.append(targets.astype(np.int32))
        if graph not in self._graphs:
            signature = [tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in tensors]
            self._graphs[graph] = tf.function(functools.partial(graph, self), input_signature=signature)
        return self._graphs[graph](*tensors)

    def batched(self, graph: Graph, weights: Weights, images: np.ndarray) -> np.ndarray:
        """Run `graph(self, images)` for one image or more, in batches of `BATCH_SIZE`; return an array."""
        starts = range(0, len(images), BATCH_SIZE)
        parts = [self.run(graph, weights, images[start : start + BATCH_SIZE]).numpy() for start in starts]
        return np.concatenate(parts)

    def _set_weights(self, weights: Weights) -> None:
        # Usually the weights are the same as before, and setting them takes longer than a prediction.
        if weights is self._current:
            return
        self._current = None
        assign_weights(self.layers, weights)
        self._current = weights


def _outputs(traced: TracedNetwork, images: Any) -> list[Any]:
    outputs = []
    for layer in traced.layers:
        images = layer(images, training=False)
        outputs.append(images)
    return outputs


def _active_maps(traced: TracedNetwork, images: Any) -> dict[str, Any]:
    found = {}
    for layer in traced.layers:
        images = layer(images, training=False)
        if images.shape.rank == 4:
            found[layer.name] = tf.reduce_any(tf.not_equal(images, 0), axis=(0, 1, 2))
    return found


def _probabilities(traced: TracedNetwork, images: Any) -> Any:
    # Return only the last output, so that TensorFlow frees the others along the way.
    return _outputs(traced, images)[-1]


def _outputs_and_losses_graph(traced: TracedNetwork, images: Any, labels: Any) -> Any:
    # As in training, Keras takes the loss from the values before a final softmax or sigmoid, which it keeps with the
    # tensor. From an array of probabilities, clipped at 1e-7, no loss would exceed 16.1.
    outputs = _probabilities(traced, images)
    return outputs, keras.losses.sparse_categorical_crossentropy(labels, outputs)
