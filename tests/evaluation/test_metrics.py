"""Figures of an evaluation against scikit-learn's and Keras's, and against small ones worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from cnnlab.errors import CNNLabError
from cnnlab.evaluation import metrics as metrics_module
from cnnlab.evaluation.metrics import Evaluation, top_two

HAND = np.array(
    [
        [0.7, 0.2, 0.1],  # 0, right
        [0.6, 0.3, 0.1],  # 1, wrong
        [0.1, 0.8, 0.1],  # 1, right
        [0.5, 0.5, 0.0],  # 0, right: the first of two that are alike
        [0.9, 0.1, 0.0],  # 1, wrong and sure
        [0.1, 0.9, 0.0],  # 1, right
    ],
    np.float32,
)
TRUTH = np.array([0, 1, 1, 0, 1, 1])


def drawn(seed: int, count: int = 200, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a network that is often right, and labels in which the last class is missing."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes - 1, count)
    scores = random.normal(size=(count, classes)) * 2
    scores[np.arange(count), labels] += 2
    shares = np.exp(scores)
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32), labels


@pytest.mark.parametrize("seed", range(3))
def test_confusion_and_classes_are_those_of_scikit_learn(seed: int) -> None:
    probabilities, labels = drawn(seed)
    said = metrics_module.predictions(probabilities)
    matrix = metrics_module.confusion(labels, said, 5)
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(labels, said, labels=range(5)))
    expected = metrics.precision_recall_fscore_support(labels, said, labels=range(5), zero_division=0)
    for ours, theirs in zip(metrics_module.per_class(matrix), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert metrics_module.accuracy(probabilities, labels) == pytest.approx(metrics.accuracy_score(labels, said))
    exact = probabilities / probabilities.sum(axis=1, keepdims=True, dtype=float)
    expected_loss = metrics.log_loss(labels, exact, labels=range(5))
    assert metrics_module.loss(probabilities, labels) == pytest.approx(expected_loss, rel=1e-6)


def test_by_hand() -> None:
    one = Evaluation(HAND, TRUTH, np.zeros((6, 2, 2, 1), np.uint8))
    assert one.predictions.tolist() == [0, 0, 1, 0, 0, 1]
    assert one.classes == 3
    assert one.confusion.tolist() == [[2, 0, 0], [2, 2, 0], [0, 0, 0]]
    assert one.accuracy == pytest.approx(4 / 6)
    figures = one.per_class
    assert figures.precision.tolist() == [0.5, 1, 0]
    assert figures.recall.tolist() == [1, 0.5, 0]
    assert figures.f1.tolist() == pytest.approx([2 / 3, 2 / 3, 0])
    assert figures.support.tolist() == [2, 4, 0]
    assert one.worst(9).tolist() == [4, 1] and one.worst(1).tolist() == [4]
    assert one.least_confident(2).tolist() == [3, 1]
    assert one.best_of(1, 9).tolist() == [5, 2] and one.best_of(0, 1).tolist() == [0]
    assert one.best_of(2, 9).tolist() == []
    assert one.predicted_as(1, 0).tolist() == [1, 4] and one.predicted_as(0, 0).tolist() == [0, 3]
    assert one.loss == pytest.approx(-np.log([0.7, 0.3, 0.8, 0.5, 0.1, 0.9]).mean(), rel=1e-6)
    assert one.loss == one.loss and one.confusion is one.confusion


def test_equal_ones_stay_in_order() -> None:
    probabilities, labels = np.tile(np.array([[0.25, 0.75]], np.float32), (5, 1)), np.array([0, 1, 0, 1, 0])
    assert metrics_module.worst(probabilities, labels, 9).tolist() == [0, 2, 4]
    assert metrics_module.best_of(probabilities, labels, 1, 9).tolist() == [1, 3]
    assert metrics_module.least_confident(probabilities, 2).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(3))
def test_loss_is_that_of_keras(seed: int) -> None:
    import keras

    probabilities, labels = drawn(seed)
    # Some so sure that Keras clips them, right and wrong.
    probabilities[0], probabilities[1] = np.eye(5)[labels[0]], np.eye(5)[(labels[1] + 1) % 5]
    expected = keras.losses.sparse_categorical_crossentropy(labels, probabilities).numpy()
    assert metrics_module.loss(probabilities, labels) == pytest.approx(expected.mean(), rel=1e-6)
    assert metrics_module.loss(probabilities[:1], labels[:1]) == pytest.approx(expected[0], abs=1e-6)
    assert metrics_module.loss(probabilities[1:2], labels[1:2]) == pytest.approx(expected[1], rel=1e-6)
    one_hot = keras.losses.categorical_crossentropy(np.eye(5, dtype=np.float32)[labels], probabilities).numpy()
    assert metrics_module.loss(probabilities, labels) == pytest.approx(one_hot.mean(), rel=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_reliability_is_that_of_scikit_learn(seed: int, bins: int) -> None:
    probabilities, labels = drawn(seed, 60)
    found = metrics_module.reliability(probabilities, labels, bins)
    right = metrics_module.predictions(probabilities) == labels
    sure = probabilities.max(axis=1).astype(float)
    accuracy, confidence = calibration_curve(right, sure, n_bins=bins)
    there = found.counts > 0
    np.testing.assert_allclose(found.accuracy[there], accuracy)
    np.testing.assert_allclose(found.confidence[there], confidence)
    assert np.isnan(found.accuracy[~there]).all() and np.isnan(found.confidence[~there]).all()
    assert found.counts.sum() == 60
    apart = [
        abs(right[place].mean() - sure[place].mean()) * place.sum() / 60
        for low, high in zip(found.edges[:-1], found.edges[1:], strict=True)
        if (place := (sure > low) & (sure <= high)).any()
    ]
    assert found.error == pytest.approx(sum(apart))


def test_reliability_by_hand() -> None:
    found = metrics_module.reliability(HAND, TRUTH, bins=4)
    assert found.edges.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert found.counts.tolist() == [0, 1, 2, 3]  # an edge belongs to the bin below it
    assert found.accuracy[1:] == pytest.approx([1, 1 / 2, 2 / 3])
    assert found.confidence[1:] == pytest.approx([0.5, 0.65, 2.6 / 3])
    assert found.error == pytest.approx((0.5 + 2 * 0.15 + 3 * 0.2) / 6)


def test_a_network_that_has_exploded() -> None:
    probabilities = np.array([[0.2, 0.8], [np.nan, np.nan], [0.9, 0.1]], np.float32)
    one = Evaluation(probabilities, np.array([0, 1, 1]), np.zeros((3, 1, 1, 1), np.uint8))
    assert math.isnan(one.loss)
    assert one.worst(9).tolist() == [2, 0, 1]
    assert one.predictions.tolist() == [1, -1, 0] and one.accuracy == 0
    assert one.confusion.tolist() == [[0, 1], [1, 0]]
    assert one.reliability.counts.sum() == 2
    assert one.reliability.error == pytest.approx(0.85)


def test_outputs_that_are_no_probabilities_are_counted_at_the_ends() -> None:
    found = metrics_module.reliability(np.array([[-3.0, -1.0], [4.0, 9.0]]), np.array([1, 1]), 5)
    assert found.counts.tolist() == [1, 0, 0, 0, 1]


def test_nothing_to_judge() -> None:
    none = Evaluation(np.zeros((0, 10), np.float32), np.zeros(0, np.int64), np.zeros((0, 8, 8, 1), np.uint8))
    assert math.isnan(none.accuracy) and math.isnan(none.loss)
    assert none.confusion.sum() == 0 and math.isnan(none.reliability.error)
    assert none.worst(3).size == none.least_confident(3).size == none.best_of(1, 3).size == 0


def test_no_calibration_error_of_zero_without_predictions() -> None:
    lost = metrics_module.reliability(np.full((3, 2), np.nan, np.float32), np.array([0, 1, 1]))
    assert math.isnan(lost.error)


def test_scores_have_no_calibration() -> None:
    scores = np.array([[-3.0, 317.6], [4.0, 2.0]], np.float32)
    one = Evaluation(scores, np.array([1, 1]), np.zeros((2, 1, 1, 1), np.uint8), kind="scores")
    assert one.accuracy == 0.5
    with pytest.raises(CNNLabError, match=r"^The network's outputs are not probabilities"):
        _ = one.reliability


def test_the_losses_of_the_training_come_before_those_of_the_probabilities() -> None:
    one = Evaluation(HAND, TRUTH, np.zeros((6, 2, 2, 1), np.uint8), np.array([40.0, 1, 1, 1, 1, 1], np.float32))
    assert one.loss == 7.5


def test_the_first_two() -> None:
    assert top_two(np.array([0.1, 0.7, 0.2])) == (1, 2, True)
    assert top_two(np.array([0.35, 0.6, 0.05])) == (1, 0, True)
    assert top_two(np.array([0.4, 0.6, 0.0])) == (1, 0, False)
    assert top_two(np.array([0.98, 0.99, 0.0]), "independent") == (1, 0, False)
    # Scores have no scale on which a lead would be small.
    assert top_two(np.array([0.1, 0.2, -0.3]), "scores") == (1, 0, True)
    assert top_two(np.array([0.0, 0.0, 0.0]), "scores").confident is False
