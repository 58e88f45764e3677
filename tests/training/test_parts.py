"""The parts of a dataset are those that a training is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from cnnlab.datasets import Dataset, load
from cnnlab.errors import TrainingError
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import parts, split, train_validation_split


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits-8x8")


@given(st.integers(2, 500), st.floats(0.05, 0.5), st.integers(0, 2**31 - 1))
def test_images_are_divided_as_scikit_learn_does(count: int, share: float, seed: int) -> None:
    places = np.arange(count) * 3
    for ours, theirs in zip(
        train_validation_split(places, share, seed),
        train_test_split(places, test_size=share, random_state=seed),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"train_size": 333, "validation_split": 0.31, "random_state": 7},
        {"validation": "test"},
        {"classes": (3, 8), "train_size": 200},
        {"label_noise": 0.5, "seed": 3},
        {"label_noise": 0.5, "validation": "test", "classes": (1, 2, 7)},
    ],
)
def test_the_parts_are_those_of_a_training(digits: Dataset, changes: dict[str, Any]) -> None:
    training = TrainingSpec(dataset="digits-8x8", **changes)
    found, given_to_it = parts(digits, training), split(digits, training)
    assert list(found) == ["training", "validation", "test"]
    learned, checked, tested = found.values()
    for part, images, labels in (
        (learned, given_to_it.x_train, given_to_it.y_train),
        (checked, given_to_it.x_validation, given_to_it.y_validation),
    ):
        np.testing.assert_array_equal(part.images[part.indices], images)
        np.testing.assert_array_equal(part.labels, labels)
        np.testing.assert_array_equal(part.image(len(images) - 1), images[-1])
    np.testing.assert_array_equal(learned.true_labels, digits.y_train[learned.indices])
    np.testing.assert_array_equal(tested.labels, digits.y_test[tested.indices])
    assert len(tested.indices) == (360 if not training.classes else np.isin(digits.y_test, training.classes).sum())
    if not training.label_noise:
        np.testing.assert_array_equal(learned.labels, learned.true_labels)
    else:
        assert 0.25 < (learned.labels != learned.true_labels).mean() < 0.5


def test_of_one_class(digits: Dataset) -> None:
    part = parts(digits, TrainingSpec(dataset="digits-8x8"))["test"]
    fives = part.with_label(5)
    assert len(fives) == (digits.y_test == 5).sum() > 0 and set(part.labels[fives]) == {5}
    assert part.with_label(None).tolist() == list(range(360))


def test_what_the_dataset_has_not_is_said(digits: Dataset) -> None:
    with pytest.raises(TrainingError, match=r"2,000 training images were requested, but digits-8x8 has 1,437"):
        parts(digits, TrainingSpec(dataset="digits-8x8", train_size=2000))
    with pytest.raises(TrainingError, match="Unknown classes: 3, 12"):
        parts(digits, TrainingSpec(dataset="digits-8x8", classes=(3, 12)))
