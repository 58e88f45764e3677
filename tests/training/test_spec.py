"""The settings of a run as JSON, and which images they choose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.model_selection import train_test_split

from cnnlab.datasets import DATASETS, load
from cnnlab.errors import TrainingError
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import split

specs = st.builds(
    TrainingSpec,
    dataset=st.sampled_from(sorted(DATASETS)),
    train_size=st.none() | st.integers(20, 60_000),
    validation=st.sampled_from(["split", "test"]),
    validation_split=st.floats(0.05, 0.5),
    optimizer=st.sampled_from(["Adam", "SGD", "RMSprop", "AdamW"]),
    learning_rate=st.floats(0, 100, exclude_min=True),
    momentum=st.floats(0, 1, exclude_max=True),
    drawings=st.sampled_from(["", "mine", "나의 숫자"]),
    epochs=st.integers(1, 1000),
    early_stopping=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)


@given(specs)
def test_json_round_trip(spec: TrainingSpec) -> None:
    assert TrainingSpec.model_validate_json(spec.model_dump_json()) == spec
    assert spec.checked() is spec


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("batch_size", 0),
        ("epochs", 1001),
        ("momentum", 1.0),
        ("validation_split", 0.01),
        ("train_size", 19),
        ("optimizer", "Adagrad"),
        ("version", 2),
        ("drawings", "x" * 61),
        ("what", 1),
    ],
)
def test_values_out_of_range(field: str, value: float | str) -> None:
    with pytest.raises(ValidationError, match=field):
        TrainingSpec.model_validate({field: value})
    if field in TrainingSpec.model_fields:
        with pytest.raises(ValidationError, match=field):
            TrainingSpec().replace(**{field: value})


def test_an_unknown_dataset() -> None:
    with pytest.raises(TrainingError) as refused:
        TrainingSpec(dataset="imagenet").checked()
    assert refused.value.sentences() == (
        "There is no dataset called “imagenet”; expected one of mnist-5k, digits-8x8, mnist, fashion-mnist, cifar-10, "
        "mnist-5k-shuffled, mnist-shuffled.",
        "Choose a dataset from the list.",
    )


def test_split_is_that_of_scikit_learn() -> None:
    digits = load("digits-8x8")
    ours = split(digits, TrainingSpec(train_size=500, validation_split=0.3, random_state=7))
    theirs = train_test_split(digits.x_train[:500], digits.y_train[:500], test_size=0.3, random_state=7)
    for a, b in zip((ours.x_train, ours.x_validation, ours.y_train, ours.y_validation), theirs, strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(ours.x_validation) == 150
    np.testing.assert_array_equal(digits.x_train[ours.validation_indices], ours.x_validation)
    np.testing.assert_array_equal(digits.y_train[ours.validation_indices], ours.y_validation)


def test_the_test_set_for_validation() -> None:
    digits = load("digits-8x8")
    ours = split(digits, TrainingSpec(train_size=500, validation="test"))
    np.testing.assert_array_equal(ours.x_train, digits.x_train[:500])
    np.testing.assert_array_equal(ours.y_train, digits.y_train[:500])
    np.testing.assert_array_equal(ours.x_validation, digits.x_test)
    np.testing.assert_array_equal(ours.y_validation, digits.y_test)
    assert ours.validation_indices.tolist() == list(range(360))


def test_all_images_where_no_number_is_given() -> None:
    digits = load("digits-8x8")
    assert len(split(digits, TrainingSpec(validation="test")).x_train) == 1437
    assert len(split(digits, TrainingSpec(train_size=1437, validation="test")).x_train) == 1437
    with pytest.raises(TrainingError):
        split(digits, TrainingSpec(train_size=1438))
