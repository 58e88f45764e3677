"""Augment training images with Keras's layers, batch by batch, during training. Needs TensorFlow.

All random numbers are derived from the seed of the epoch and batch, so that batches can be made in parallel and the
same settings still give the same history. The exported script has the same lines (`export.keras_script_data`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from cnnlab.training.augmentation_layers import keras_layers
from cnnlab.training.spec import Augmentation, TrainingSpec


class BatchSeed(keras.random.SeedGenerator):  # type: ignore[misc]
    """The seed generator of the layers for one batch, derived from the tensor `seed`.

    Keras's generator counts in a variable, so the seeds would depend on the order in which parallel batches are made.
    """

    def __init__(self, seed: Any) -> None:
        # Skip Keras's __init__, which creates that variable.
        self._seed, self._drawn = seed, 0

    def next(self, ordered: bool = True) -> Any:
        """Return the seed, (2,), of the next random numbers."""
        self._drawn += 1
        return tf.stack([self._seed, self._drawn])


def batches(x: np.ndarray, y: np.ndarray, training: TrainingSpec, epochs_done: int = 0) -> tf.data.Dataset:
    """Return batches for `fit`, shuffled and augmented differently in each epoch.

    Args:
        x: images float32 (n, height, width, channels), 0 to 1.
        y: their labels, (n,) or one-hot (n, classes).
        epochs_done: number of epochs trained before, so that a resumed run does not repeat the first epoch's changes.

    Returns:
        Pairs of images and labels; the last batch of an epoch may be smaller than `batch_size`.
    """
    images, labels, seed = tf.constant(x), tf.constant(y), training.seed + epochs_done
    change = augmenter(training.augmentation)

    def batch(indices: tf.Tensor, batch_seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return change(tf.gather(images, indices), BatchSeed(batch_seed)), tf.gather(labels, indices)

    # Shuffle indices: shuffling the images would copy them one by one.
    order = tf.data.Dataset.range(len(x)).shuffle(len(x), seed=seed).batch(training.batch_size)
    seeds = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True)
    both = tf.data.Dataset.zip(order, seeds)
    return both.map(batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def augmented(x: np.ndarray, augmentation: Augmentation, seed: int) -> np.ndarray:
    """Return images float32 (n, height, width, channels) augmented once, for a preview; noise can exceed 0 to 1."""
    changed = augmenter(augmentation)(tf.constant(x), BatchSeed(tf.constant(seed, tf.int64)))
    return np.asarray(keras.ops.convert_to_numpy(changed))


def augmenter(augmentation: Augmentation) -> Callable[[tf.Tensor, BatchSeed], tf.Tensor]:
    """Return a function that augments a batch of images float32 (n, height, width, channels), each differently."""
    # Always float32: in bfloat16 the images would lose fine shades.
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
