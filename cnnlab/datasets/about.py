"""What can be said about images with labels by counting and adding: how many of each class, and their means."""

from __future__ import annotations

import numpy as np


def counts(labels: np.ndarray, classes: int) -> np.ndarray:
    """How many there are of each class, int64 (classes,), of labels (n,)."""
    return np.bincount(labels, minlength=classes)


def means(images: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """The mean image of each class, float64 (classes, height, width, channels), 0 to 255.

    Args:
        images: uint8 (n, height, width, channels), with `labels` (n,).

    Returns:
        Not a number for a class without images.
    """
    found = np.full((classes, *images.shape[1:]), np.nan)
    for label in np.unique(labels):
        found[label] = images[labels == label].mean(axis=0)
    return found


def one_hot(label: int, classes: int) -> tuple[int, ...]:
    """A label as the categorical loss wants it: 1 at its place, 0 elsewhere."""
    return tuple(int(k == label) for k in range(classes))
