"""Class weights: against scikit-learn, and in training against Keras itself."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from cnnlab.datasets import Dataset, load
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.class_weights import balanced, imbalance
from cnnlab.training.spec import Augmentation, TrainingSpec
from cnnlab.training.train import train


def test_the_weights_are_those_of_scikit_learn() -> None:
    labels = np.array([0] * 70 + [1] * 20 + [3] * 10)
    expected = compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=labels)
    weights = balanced(labels, 4)
    assert [weights[label] for label in (0, 1, 3)] == pytest.approx(expected)
    assert weights[2] == 1


def test_how_imbalanced_classes_are() -> None:
    assert imbalance([70, 0, 20, 10]) == 7
    assert imbalance([5, 5]) == imbalance([]) == 1


@pytest.fixture(scope="module")
def few_eights() -> Dataset:
    """The 8×8 digits with 10 eights only."""
    digits = load("digits-8x8")
    kept = np.setdiff1d(np.arange(len(digits.y_train)), np.flatnonzero(digits.y_train == 8)[10:])
    return dataclasses.replace(digits, x_train=digits.x_train[kept], y_train=digits.y_train[kept])


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
@pytest.mark.parametrize("augmentation", [Augmentation(), Augmentation(shift=0.01)])
def test_a_rare_class_is_learned(few_eights: Dataset, tiny: NetworkSpec, loss: str, augmentation: Augmentation) -> None:
    training = TrainingSpec(epochs=8, batch_size=32, learning_rate=0.005, validation="test").replace(
        loss=loss, augmentation=augmentation
    )
    eights = few_eights.x_test[few_eights.y_test == 8] / 255
    recalls = {}
    for kind in ("none", "balanced"):
        trained = train(tiny, training.replace(class_weights=kind), few_eights)
        recalls[kind] = float(np.mean(trained.model.predict(eights, verbose=0).argmax(axis=1) == 8))
    assert recalls["balanced"] > recalls["none"] + 0.2
