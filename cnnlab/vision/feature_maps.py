"""What every layer of a network makes of an image, at any moment of its training. Needs TensorFlow."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnnlab.network.build import build
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.snapshots import Weights


class Looker:
    """A network whose weights can be exchanged; traced once, since tracing takes longer than a hundred looks."""

    def __init__(self, network: NetworkSpec) -> None:
        self._model = build(network)
        outputs = keras.Model(self._model.inputs[0], [layer.output for layer in self._model.layers])
        signature = [tf.TensorSpec((None, *network.input_shape), tf.float32)]

        def trace(x: Any) -> Any:
            # Keras gives the output of a single layer without its list.
            return tf.nest.flatten(outputs(x, training=False))

        self._outputs: Any = tf.function(trace, input_signature=signature)

    def feature_maps(self, weights: Weights, image: np.ndarray) -> dict[str, np.ndarray]:
        """The output of every layer, by its name, without the batch; `image` float32 (height, width, channels)."""
        self._take(weights)
        outputs = self._outputs(image[np.newaxis].astype(np.float32))
        return {layer.name: output.numpy()[0] for layer, output in zip(self._model.layers, outputs, strict=True)}

    def probabilities(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        """Class probabilities float32 (n, classes) for images float32 (n, height, width, channels)."""
        self._take(weights)
        answers: np.ndarray = self._outputs(images)[-1].numpy()
        return answers

    def _take(self, weights: Weights) -> None:
        for layer in self._model.layers:
            if layer.weights:
                layer.set_weights(weights[layer.name])
