"""Training images changed at random by Keras's layers, batch by batch, while the network trains. Needs TensorFlow.

Every random number follows from the seed of its epoch and batch, so that batches can be made side by side and the same
settings still give the same history. The exported script contains the same lines (`network.code`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnnlab.training.distortions import keras_layers
from cnnlab.training.spec import Augmentation, TrainingSpec


class BatchSeed(keras.random.SeedGenerator):  # type: ignore[misc]
    """What layers draw their seeds from for one batch, whose own is the tensor `seed`.

    Keras's own generator counts in a variable: what a batch gets would depend on which of several comes first.
    """

    def __init__(self, seed: Any) -> None:
        # Not Keras's __init__, which makes that variable.
        self._seed, self._drawn = seed, 0

    def next(self, ordered: bool = True) -> Any:
        """The seed, (2,), of the next random numbers."""
        self._drawn += 1
        return tf.stack([self._seed, self._drawn])


def batches(x: np.ndarray, y: np.ndarray, training: TrainingSpec, begun: int = 0) -> tf.data.Dataset:
    """Batches for `fit`, in another order and changed in another way in each epoch.

    Args:
        x: images float32 (n, height, width, channels), 0 to 1.
        y: their labels, (n,) or one-hot (n, classes).
        begun: how many epochs were trained before, so that a resumed run does not repeat the first epoch's changes.

    Returns:
        Pairs of images and labels; the last of an epoch may hold fewer than `batch_size`.
    """
    images, labels, seed = tf.constant(x), tf.constant(y), training.seed + begun
    change = changer(training.augmentation)

    def batch(places: tf.Tensor, number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return change(tf.gather(images, places), BatchSeed(number)), tf.gather(labels, places)

    # The images' numbers are shuffled, since shuffling the images would copy them one by one.
    order = tf.data.Dataset.range(len(x)).shuffle(len(x), seed=seed).batch(training.batch_size)
    numbers = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    both = tf.data.Dataset.zip(order, numbers)
    return both.map(batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def augmented(x: np.ndarray, augmentation: Augmentation, seed: int) -> np.ndarray:
    """Images float32 (n, height, width, channels) changed once, to be looked at; noise can leave 0 to 1."""
    changed = changer(augmentation)(tf.constant(x), BatchSeed(tf.constant(seed, tf.int64)))
    return np.asarray(keras.ops.convert_to_numpy(changed))


def changer(augmentation: Augmentation) -> Callable[[tf.Tensor, BatchSeed], tf.Tensor]:
    """What changes a batch of images (n, height, width, channels) float32, each of them in its own way."""
    # Whatever the network computes with: in bfloat16 the pictures would lose their finer shades.
    layers = [
        getattr(keras.layers, name)(**arguments, dtype="float32") for name, arguments in keras_layers(augmentation)
    ]

    def change(images: tf.Tensor, seed: BatchSeed) -> tf.Tensor:
        for layer in layers:
            images = layer.transform_images(images, layer.get_random_transformation(images, seed=seed))
        if augmentation.noise:
            images += keras.random.normal(tf.shape(images), stddev=augmentation.noise, seed=seed)
        return images

    return change
