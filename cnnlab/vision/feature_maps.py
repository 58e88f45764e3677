"""What every layer of a network makes of an image, at any moment of its training. Needs TensorFlow."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from cnnlab.network.build import build, give_weights
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.snapshots import Weights

BATCH = 500
"""So many images go through a network at once: a large network's maps of thousands would fill the memory."""

Graph = Callable[..., Any]
"""A function of a Looker and of tensors (images, then perhaps a class for each) that TensorFlow can trace."""


class Looker:
    """A network whose weights can be exchanged; traced once, since tracing takes longer than a hundred looks.

    Attributes:
        network: what it was built from.
        layers: its Keras layers, in the order of `network.layers`.
    """

    def __init__(self, network: NetworkSpec) -> None:
        self.network = network
        self.layers: tuple[Any, ...] = tuple(build(network).layers)
        self._graphs: dict[Graph, Any] = {}
        self._taken: Weights | None = None

    def feature_maps(self, weights: Weights, image: np.ndarray) -> dict[str, np.ndarray]:
        """The output of every layer, by its name, without the batch; `image` float32 (height, width, channels)."""
        outputs = self.run(_outputs, weights, image[np.newaxis])
        return {layer.name: output.numpy()[0] for layer, output in zip(self.layers, outputs, strict=True)}

    def probabilities(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        """Class probabilities float32 (n, classes) for images float32 (n, height, width, channels)."""
        return self.batched(_answers, weights, images)

    def run(self, graph: Graph, weights: Weights, images: np.ndarray, targets: np.ndarray | None = None) -> Any:
        """`graph(looker, images)`, or `graph(looker, images, targets)`, as tensors, with these weights.

        Args:
            graph: a function of a module: it is traced when it is first asked for, and known by its identity.
            images: float (n, height, width, channels).
            targets: a class for each image, integers (n,).
        """
        self._take(weights)
        tensors = [images.astype(np.float32)]
        if targets is not None:
            tensors.append(targets.astype(np.int32))
        if graph not in self._graphs:
            signature = [tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype) for tensor in tensors]
            self._graphs[graph] = tf.function(functools.partial(graph, self), input_signature=signature)
        return self._graphs[graph](*tensors)

    def batched(self, graph: Graph, weights: Weights, images: np.ndarray) -> np.ndarray:
        """What `graph(looker, images)` gives for one image or more, `BATCH` of them at a time."""
        starts = range(0, len(images), BATCH)
        parts = [self.run(graph, weights, images[start : start + BATCH]).numpy() for start in starts]
        return np.concatenate(parts)

    def _take(self, weights: Weights) -> None:
        # Asked again of the same network, which is the usual case: setting them takes longer than the answer.
        if weights is self._taken:
            return
        self._taken = None
        give_weights(self.layers, weights)
        self._taken = weights


def _outputs(looker: Looker, images: Any) -> list[Any]:
    outputs = []
    for layer in looker.layers:
        images = layer(images, training=False)
        outputs.append(images)
    return outputs


def _answers(looker: Looker, images: Any) -> Any:
    # Only the last output leaves the graph, so that TensorFlow frees the others as it goes.
    return _outputs(looker, images)[-1]
