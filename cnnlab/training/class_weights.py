"""Class weights: how much an image counts for the loss, so that rare classes are not neglected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CLEAR_RATIO = 2.0
"""The classes are imbalanced if the largest has this many times the training images of the smallest."""


def balanced(labels: np.ndarray, classes: int) -> dict[int, float]:
    """Return the weight of each class so that all classes together count the same, as scikit-learn's "balanced" does.

    Args:
        labels: the labels of the training images, integers (n,), n >= 1.
        classes: number of classes; one without images has weight 1.

    Source: King and Zeng, “Logistic regression in rare events data”, 2001.
    """
    counts = np.bincount(labels, minlength=classes)
    used = np.count_nonzero(counts)
    return {label: float(len(labels) / (used * count)) if count else 1.0 for label, count in enumerate(counts)}


def imbalance(counts: Sequence[int]) -> float:
    """Return how many times as many images the largest class has as the smallest, 1 or more; classes without images
    do not count."""
    present = [count for count in counts if count]
    return max(present) / min(present) if present else 1.0
