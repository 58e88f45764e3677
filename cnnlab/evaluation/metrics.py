"""Measure how good a network's predictions are: confusion, confident mistakes, calibration.

Plain arithmetic on class probabilities float32 (n, classes) and true labels (n,). A prediction is the class with the
highest probability (the first of several equal ones); its confidence is that probability. Where an output is NaN or
infinite, there is no prediction, which is never correct. The probabilities are computed in `engine.worker.evaluation`;
`network.outputs` tells whether a network's outputs are probabilities at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.network.outputs import NO_CLASS, OutputKind, predicted_classes

EPSILON = 1e-7
"""Probabilities are clipped to this distance from 0 and 1, as in Keras."""
DEFAULT_BINS = 10


def predictions(probabilities: np.ndarray) -> np.ndarray:
    """Return the predicted class of each image, int64 (n,); `NO_CLASS` where there is none."""
    return predicted_classes(probabilities)


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of correct predictions, 0 to 1; NaN if there are none."""
    return float((predictions(probabilities) == labels).mean()) if len(labels) else float("nan")


def loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean cross-entropy as Keras computes it from probabilities, clipped and normalized to a sum of 1.

    In `fit` and `evaluate`, Keras uses the logits if it can. That differs for probabilities below `EPSILON`, whose loss
    this limits to 16.1: see `Evaluation.losses`.
    """
    clipped = probabilities.astype(np.float64).clip(EPSILON, 1 - EPSILON)
    true_class = clipped[np.arange(len(labels)), labels] / clipped.sum(axis=1)
    return float(-np.log(true_class).mean()) if len(labels) else float("nan")


def confusion(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return the confusion matrix int64 (classes, classes): rows are true classes, columns are predictions.

    Images without a prediction are in no cell.
    """
    some = predicted != NO_CLASS
    labels, predicted = labels[some], predicted[some]
    counts = np.bincount(labels.astype(np.int64) * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


class PerClass(NamedTuple):
    """Metrics of each class, arrays (classes,).

    Attributes:
        precision: share of predictions of this class that are correct; 0 if there are none.
        recall: share of images of this class that are predicted correctly; 0 if there are none.
        f1: the harmonic mean of both; 0 if both are 0.
        support: number of images of this class.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray


def per_class(matrix: np.ndarray) -> PerClass:
    """Return the metrics of each class from a confusion matrix."""
    correct, support, predicted = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    f1 = _share(2 * correct, support + predicted)
    return PerClass(_share(correct, predicted), _share(correct, support), f1, support)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0))


def worst(probabilities: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of at most `count` mistakes, most confident first."""
    return _most_confident(probabilities, np.flatnonzero(predictions(probabilities) != labels), count)


def best_of(probabilities: np.ndarray, labels: np.ndarray, label: int, count: int) -> np.ndarray:
    """Return the indices of at most `count` correct predictions of class `label`, most confident first."""
    return _most_confident(
        probabilities, np.flatnonzero((predictions(probabilities) == labels) & (labels == label)), count
    )


def least_confident(probabilities: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of at most `count` predictions with the smallest margin over the second class."""
    second, first = np.partition(probabilities, (-2, -1), axis=1)[:, -2:].T
    return np.argsort(first - second, kind="stable")[:count]


def _most_confident(probabilities: np.ndarray, indices: np.ndarray, count: int) -> np.ndarray:
    # A stable sort keeps the order of equal ones; NaN (of a diverged network) comes last.
    return indices[np.argsort(-probabilities[indices].max(axis=1), kind="stable")][:count]


class Reliability(NamedTuple):
    """Predictions by confidence, in bins of equal width that include their upper edge.

    (Guo et al., 2017, arXiv:1706.04599.) Predictions whose confidence is NaN are in no bin.

    Attributes:
        edges: edges of the bins, float64 (bins + 1,), from 0 to 1.
        confidence: mean confidence of each bin's predictions, float64 (bins,); NaN for an empty bin.
        accuracy: share of correct predictions, likewise.
        counts: number of predictions in each bin, int64 (bins,).
    """

    edges: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    counts: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: the mean gap between confidence and accuracy, 0 to 1; NaN without any."""
        gaps = np.nan_to_num(np.abs(self.accuracy - self.confidence))
        return float(gaps @ self.counts / self.counts.sum()) if self.counts.any() else float("nan")


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = DEFAULT_BINS) -> Reliability:
    """Group predictions by confidence, to compare the confidence with the accuracy in each bin."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    finite = np.isfinite(confidence)
    confidence, correct = confidence[finite], (predictions(probabilities) == labels)[finite]
    edges = np.linspace(0, 1, bins + 1)
    indices = np.searchsorted(edges[1:-1], confidence)
    counts = np.bincount(indices, minlength=bins)
    means = (np.full(bins, np.nan), np.full(bins, np.nan))
    for mean, values in zip(means, (confidence, correct), strict=True):
        np.divide(np.bincount(indices, values, bins), counts, out=mean, where=counts > 0)
    return Reliability(edges, *means, counts)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A network's predictions for labeled images, with metrics that are computed on first use.

    Attributes:
        probabilities: the outputs, float32 (n, classes); probabilities only if `kind` says so.
        labels: the true classes, int64 (n,).
        images: uint8 (n, height, width, channels).
        losses: the cross-entropies as training computes them, float32 (n,); None: computed from the probabilities.
        kind: what the outputs are.
    """

    probabilities: np.ndarray
    labels: np.ndarray
    images: np.ndarray
    losses: np.ndarray | None = None
    kind: OutputKind = "probabilities"

    @property
    def classes(self) -> int:
        return int(self.probabilities.shape[1])

    @cached_property
    def predictions(self) -> np.ndarray:
        """The predicted classes, int64 (n,); `NO_CLASS` where there is none."""
        return predictions(self.probabilities)

    @cached_property
    def accuracy(self) -> float:
        return accuracy(self.probabilities, self.labels)

    @cached_property
    def loss(self) -> float:
        if self.losses is None or not len(self.losses):
            return loss(self.probabilities, self.labels)
        return float(self.losses.mean(dtype=np.float64))

    @cached_property
    def confusion(self) -> np.ndarray:
        """The confusion matrix, int64 (classes, classes): rows are true classes, columns are predictions."""
        return confusion(self.labels, self.predictions, self.classes)

    @cached_property
    def per_class(self) -> PerClass:
        return per_class(self.confusion)

    @cached_property
    def reliability(self) -> Reliability:
        """Confidence and accuracy; CNNLabError if the outputs are not probabilities."""
        if self.kind != "probabilities":
            raise CNNLabError(
                N_("The network's outputs are not probabilities, so there is no calibration to measure."),
                N_("Choose a run whose network ends with softmax."),
            )
        return reliability(self.probabilities, self.labels)

    def predicted_as(self, label: int, prediction: int) -> np.ndarray:
        """Return the indices of the images of class `label` that are predicted as `prediction`."""
        return np.flatnonzero((self.labels == label) & (self.predictions == prediction))

    def worst(self, count: int) -> np.ndarray:
        return worst(self.probabilities, self.labels, count)

    def least_confident(self, count: int) -> np.ndarray:
        return least_confident(self.probabilities, count)

    def best_of(self, label: int, count: int) -> np.ndarray:
        return best_of(self.probabilities, self.labels, label, count)


class TopTwo(NamedTuple):
    """The two most probable classes.

    Attributes:
        best, second: the most probable class and the runner-up, as indices.
        confident: whether the first is clearly ahead; see `top_two`.
    """

    best: int
    second: int
    confident: bool


MIN_PROBABILITY, MIN_MARGIN = 0.6, 0.25
"""A prediction counts as confident from this probability and this margin over the runner-up."""


def top_two(probabilities: np.ndarray, kind: OutputKind = "probabilities") -> TopTwo:
    """Return the two classes with the highest outputs of `probabilities` (classes,), which are finite.

    `confident` holds from `MIN_PROBABILITY` and `MIN_MARGIN` on. Scores without limits have no scale for confidence, so
    any lead counts.
    """
    second, best = (int(k) for k in np.argsort(probabilities, kind="stable")[-2:])
    margin = float(probabilities[best] - probabilities[second])
    if kind == "scores":
        return TopTwo(best, second, margin > 0)
    return TopTwo(best, second, bool(probabilities[best] >= MIN_PROBABILITY and margin >= MIN_MARGIN))
