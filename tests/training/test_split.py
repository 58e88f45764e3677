"""Which images are trained on: divided, of chosen classes only, with labels that are made wrong on purpose."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from cnnlab.datasets import Dataset, load
from cnnlab.errors import TrainingError
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import check_classes, parts, split

DIGITS = TrainingSpec(dataset="digits-8x8")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits-8x8")


def test_images_are_divided_as_scikit_learn_does(digits: Dataset) -> None:
    parts = split(digits, DIGITS.replace(train_size=100, validation_split=0.25, random_state=7))
    x, x_val, y, y_val = train_test_split(digits.x_train[:100], digits.y_train[:100], test_size=0.25, random_state=7)
    np.testing.assert_array_equal(parts.x_train, x)
    np.testing.assert_array_equal(parts.y_train, y)
    np.testing.assert_array_equal(parts.x_validation, x_val)
    np.testing.assert_array_equal(parts.y_validation, y_val)
    np.testing.assert_array_equal(digits.x_train[parts.validation_indices], x_val)


def test_validation_images_of_the_datasets_own_are_kept(digits: Dataset) -> None:
    own = dataclasses.replace(digits, validation=np.array([3, 50, 99, 400]))
    settings = DIGITS.replace(train_size=100, validation_split=0.5)
    divided = split(own, settings)
    assert divided.validation_indices.tolist() == [3, 50, 99]
    np.testing.assert_array_equal(divided.x_validation, digits.x_train[[3, 50, 99]])
    np.testing.assert_array_equal(divided.x_train, np.delete(digits.x_train[:100], [3, 50, 99], axis=0))
    shown = parts(own, settings)
    assert shown["validation"].indices.tolist() == [3, 50, 99]
    assert shown["training"].indices.tolist() == np.delete(np.arange(100), [3, 50, 99]).tolist()


def test_only_the_chosen_classes_are_trained_and_validated_on(digits: Dataset) -> None:
    both = np.isin(digits.y_train, (3, 8))
    of_test = np.isin(digits.y_test, (3, 8))
    parts = split(digits, DIGITS.replace(classes=(8, 3)))
    x, x_val, y, y_val = train_test_split(digits.x_train[both], digits.y_train[both], test_size=0.2, random_state=42)
    np.testing.assert_array_equal(parts.x_train, x)
    np.testing.assert_array_equal(parts.y_train, y)
    np.testing.assert_array_equal(parts.x_validation, x_val)
    np.testing.assert_array_equal(parts.y_validation, y_val)
    # Their places are those in the whole set.
    np.testing.assert_array_equal(digits.x_train[parts.validation_indices], x_val)
    np.testing.assert_array_equal(digits.y_train[parts.validation_indices], y_val)

    parts = split(digits, DIGITS.replace(classes=(3, 8), validation="test", train_size=40))
    np.testing.assert_array_equal(parts.y_train, digits.y_train[both][:40])
    np.testing.assert_array_equal(parts.x_validation, digits.x_test[of_test])
    np.testing.assert_array_equal(digits.x_test[parts.validation_indices], parts.x_validation)


@pytest.mark.parametrize(
    ("classes", "problem", "remedy"),
    [
        (
            (3, 10),
            "Unknown classes: 3, 10; expected numbers from 0 to 9.",
            "Choose classes of this dataset, or none to use all of them.",
        ),
        (
            (-1, 3),
            "Unknown classes: -1, 3; expected numbers from 0 to 9.",
            "Choose classes of this dataset, or none to use all of them.",
        ),
        ((3, 8, 3), "A class is listed twice: 3, 8, 3.", "List each class once."),
        (
            (3,),
            "There is nothing to distinguish: expected at least 2 classes, received 3.",
            "Choose another class as well, or none to use all of them.",
        ),
    ],
)
def test_classes_that_cannot_be_learned_are_refused(
    digits: Dataset, classes: tuple[int, ...], problem: str, remedy: str
) -> None:
    spec = DIGITS.replace(classes=classes)
    for refuse in (lambda: check_classes(spec), lambda: split(digits, spec)):
        with pytest.raises(TrainingError) as refused:
            refuse()
        assert refused.value.sentences() == (problem, remedy)


def test_too_few_images_of_the_classes_are_refused(digits: Dataset) -> None:
    few = Dataset("few", digits.x_train[:30], np.arange(30) % 10, digits.x_test, digits.y_test, digits.class_names)
    with pytest.raises(TrainingError) as refused:
        split(few, DIGITS.replace(classes=(0, 1)))
    assert refused.value.sentences() == (
        "There are only 6 images of the classes 0, 1; expected at least 20.",
        "Choose more classes.",
    )
    count = int(np.isin(digits.y_train, (3, 8)).sum())
    with pytest.raises(TrainingError) as refused:
        split(digits, DIGITS.replace(classes=(3, 8), train_size=1000))
    assert refused.value.sentences()[0] == (
        f"1,000 training images were requested, but digits-8x8 has {count} of the chosen classes."
    )
    with pytest.raises(TrainingError, match=r"^60,000 training images were requested, but digits-8x8 has 1,437\."):
        split(digits, DIGITS.replace(train_size=60_000))


def test_so_many_labels_are_replaced_and_nothing_else(digits: Dataset) -> None:
    clean = split(digits, DIGITS.replace(train_size=1000))
    noisy = split(digits, DIGITS.replace(train_size=1000, label_noise=0.5))
    np.testing.assert_array_equal(noisy.x_train, clean.x_train)
    np.testing.assert_array_equal(noisy.y_validation, clean.y_validation)
    # 400 of 800 are drawn anew; a tenth of those comes out right by chance.
    changed = int((noisy.y_train != clean.y_train).sum())
    assert 330 <= changed <= 390
    assert noisy.y_train.dtype == clean.y_train.dtype == np.int64
    assert set(noisy.y_train) == set(range(10))
    # The dataset itself, which others are shown, stays as it is.
    np.testing.assert_array_equal(split(digits, DIGITS.replace(train_size=1000)).y_train, clean.y_train)


def test_noise_follows_the_seed_and_keeps_to_the_chosen_classes(digits: Dataset) -> None:
    spec = DIGITS.replace(label_noise=1.0, classes=(3, 8))
    labels = split(digits, spec).y_train
    assert set(labels) == {3, 8}
    np.testing.assert_array_equal(labels, split(digits, spec).y_train)
    assert (labels != split(digits, spec.replace(seed=2)).y_train).any()
    # As many of one class as of the other, and nothing to do with the true ones.
    right = (labels == split(digits, spec.replace(label_noise=0.0)).y_train).mean()
    assert 0.35 < right < 0.65
    assert 0.35 < (labels == 3).mean() < 0.65


def test_a_share_that_is_less_than_one_image_changes_none(digits: Dataset) -> None:
    clean, spec = split(digits, DIGITS.replace(train_size=20)), DIGITS.replace(train_size=20, label_noise=0.02)
    np.testing.assert_array_equal(split(digits, spec).y_train, clean.y_train)
