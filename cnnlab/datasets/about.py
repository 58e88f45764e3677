"""Statistics of labeled images: number of images and mean image per class."""

from __future__ import annotations

import numpy as np


def class_counts(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the number of images per class, int64 (classes,), for labels (n,)."""
    return np.bincount(labels, minlength=classes)


def class_means(images: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Return the mean image of each class.

    Args:
        images: uint8 (n, height, width, channels), with `labels` (n,).

    Returns:
        float64 (classes, height, width, channels), 0 to 255; NaN for a class without images.
    """
    found = np.full((classes, *images.shape[1:]), np.nan)
    for label in np.unique(labels):
        found[label] = images[labels == label].mean(axis=0)
    return found


def one_hot(label: int, classes: int) -> tuple[int, ...]:
    """Return a label one-hot encoded, as categorical_crossentropy expects: 1 at its index, 0 elsewhere."""
    return tuple(int(k == label) for k in range(classes))
