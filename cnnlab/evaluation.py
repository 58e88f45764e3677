"""How good a network's answers are: which classes it confuses, where it is sure and wrong, whether it knows itself.

Plain arithmetic on class probabilities float32 (n, classes) and labels (n,), the true classes. An answer is the class
with the highest probability (of several, the first), its confidence that probability. Who computes the probabilities
is left to `engine.evaluating`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

EPSILON = 1e-7
"""Keras's: no probability is taken to be nearer to 0 or 1 than this."""
BINS = 10


def answers(probabilities: np.ndarray) -> np.ndarray:
    """The class of each answer, int64 (n,)."""
    return np.asarray(probabilities.argmax(axis=1))


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The share of right answers, 0 to 1; not a number where there are none."""
    return float((answers(probabilities) == labels).mean()) if len(labels) else float("nan")


def loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Cross-entropy as Keras computes it from probabilities: clipped, brought to a sum of 1, and their mean logarithm.

    (In `fit` and `evaluate` Keras takes a softmax's inputs where it can, which differs only for answers whose
    probability is below `EPSILON`.)
    """
    clipped = probabilities.astype(np.float64).clip(EPSILON, 1 - EPSILON)
    true = clipped[np.arange(len(labels)), labels] / clipped.sum(axis=1)
    return float(-np.log(true).mean()) if len(labels) else float("nan")


def confusion(labels: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    """How often each class (row) was taken for each (column): int64 (classes, classes)."""
    counts = np.bincount(labels.astype(np.int64) * classes + said, minlength=classes * classes)
    return counts.reshape(classes, classes)


class PerClass(NamedTuple):
    """Figures of each class, arrays (classes,).

    Attributes:
        precision: of the answers with this class, the share that are right; 0 where there is no such answer.
        recall: of the images of this class, the share that are recognised; 0 where there is no such image.
        f1: the harmonic mean of both; 0 where both are 0.
        support: images of this class.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


def per_class(matrix: np.ndarray) -> PerClass:
    """Of a confusion matrix."""
    right, truth, said = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return PerClass(_share(right, said), _share(right, truth), _share(2 * right, truth + said), truth)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0))


def worst(probabilities: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """The places of wrong answers, the most confident first; at most `count`."""
    return _surest(probabilities, np.flatnonzero(answers(probabilities) != labels), count)


def best_of(probabilities: np.ndarray, labels: np.ndarray, label: int, count: int) -> np.ndarray:
    """The places of right answers for the class `label`, the most confident first; at most `count`."""
    return _surest(probabilities, np.flatnonzero((answers(probabilities) == labels) & (labels == label)), count)


def least_sure(probabilities: np.ndarray, count: int) -> np.ndarray:
    """The places of the answers with the smallest lead over the second guess, right or wrong; at most `count`."""
    second, first = np.partition(probabilities, (-2, -1), axis=1)[:, -2:].T
    return np.argsort(first - second, kind="stable")[:count]


def _surest(probabilities: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    # Equal ones stay in order, and what is no number (a network that has exploded) comes last.
    return places[np.argsort(-probabilities[places].max(axis=1), kind="stable")][:count]


class Reliability(NamedTuple):
    """Answers by their confidence, in bins of equal width; a bin goes up to and includes its upper edge.

    (Guo and others, 2017, arXiv:1706.04599.) Answers whose confidence is no number are in no bin.

    Attributes:
        edges: of the bins, float64 (bins + 1,), from 0 to 1.
        confidence: mean confidence of each bin's answers, float64 (bins,); not a number where there are none.
        accuracy: the share of right ones, likewise.
        counts: answers in each bin, int64 (bins,).
    """

    edges: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    counts: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: how far confidence and accuracy are apart on average, 0 to 1."""
        apart = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        return float(apart @ self.counts / max(self.counts.sum(), 1))


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS) -> Reliability:
    """Whether what the network is 80 % sure of is right in 80 % of the cases."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    finite = np.isfinite(confidence)
    confidence, right = confidence[finite], (answers(probabilities) == labels)[finite]
    edges = np.linspace(0, 1, bins + 1)
    places = np.searchsorted(edges[1:-1], confidence)
    counts = np.bincount(places, minlength=bins)
    means = (np.full(bins, np.nan), np.full(bins, np.nan))
    for mean, values in zip(means, (confidence, right), strict=True):
        np.divide(np.bincount(places, values, bins), counts, out=mean, where=counts > 0)
    return Reliability(edges, *means, counts)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A network's answers to images with known labels, and everything that follows from them, when it is asked for.

    Attributes:
        probabilities: float32 (n, classes).
        labels: the true classes, int64 (n,).
        images: uint8 (n, height, width, channels).
    """

    probabilities: np.ndarray
    labels: np.ndarray
    images: np.ndarray

    @property
    def classes(self) -> int:
        return int(self.probabilities.shape[1])

    @cached_property
    def answers(self) -> np.ndarray:
        """int64 (n,)."""
        return answers(self.probabilities)

    @cached_property
    def accuracy(self) -> float:
        return accuracy(self.probabilities, self.labels)

    @cached_property
    def loss(self) -> float:
        return loss(self.probabilities, self.labels)

    @cached_property
    def confusion(self) -> np.ndarray:
        """int64 (classes, classes), rows are the truth."""
        return confusion(self.labels, self.answers, self.classes)

    @cached_property
    def per_class(self) -> PerClass:
        return per_class(self.confusion)

    @cached_property
    def reliability(self) -> Reliability:
        return reliability(self.probabilities, self.labels)

    def taken_for(self, truth: int, answer: int) -> np.ndarray:
        """The places of images of class `truth` that were taken for `answer`: a cell of the confusion matrix."""
        return np.flatnonzero((self.labels == truth) & (self.answers == answer))

    def worst(self, count: int) -> np.ndarray:
        return worst(self.probabilities, self.labels, count)

    def least_sure(self, count: int) -> np.ndarray:
        return least_sure(self.probabilities, count)

    def best_of(self, label: int, count: int) -> np.ndarray:
        return best_of(self.probabilities, self.labels, label, count)
