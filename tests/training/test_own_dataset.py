"""A library user's own images, under their own name, train like the Lab's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cnnlab.datasets import Dataset
from cnnlab.errors import DatasetError, TrainingError
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.events import Finished, Started
from cnnlab.training.history import History
from cnnlab.training.spec import Augmentation, TrainingSpec
from cnnlab.training.train import train

NETWORK = NetworkSpec(input_shape=(6, 6, 1), layers=(Flatten(), Dense(units=3, activation="softmax")))
SPEC = TrainingSpec(dataset="my shapes", epochs=2, batch_size=10)


@pytest.fixture(scope="module")
def shapes() -> Dataset:
    """Three classes: a bright upper, middle or lower third."""
    labels = np.arange(60) % 3
    images = np.zeros((60, 6, 6, 1), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] = 255
    return Dataset("my shapes", images, labels, images[:9], labels[:9], ("top", "middle", "bottom"))


@pytest.mark.parametrize(
    ("changes", "trained_on"),
    [
        ({}, 48),
        ({"validation": "test"}, 60),
        ({"classes": (0, 2)}, 32),
        ({"label_noise": 0.5, "loss": "categorical_crossentropy"}, 48),
        ({"augmentation": Augmentation(shift=0.1)}, 48),
    ],
)
def test_own_images_train_under_their_own_name(shapes: Dataset, changes: dict[str, Any], trained_on: int) -> None:
    history = History()
    result = train(NETWORK, SPEC.replace(**changes), shapes, history.add)
    assert isinstance(history.started, Started) and history.started.train_images == trained_on
    assert isinstance(history.finished, Finished) and result.reason == "done"
    assert len(result.epochs) == 2


def test_they_are_learned(shapes: Dataset) -> None:
    result = train(NETWORK, SPEC.replace(learning_rate=0.05, epochs=4, watch=False), shapes)
    assert result.epochs[-1].val_accuracy == 1


def test_their_classes_count(shapes: Dataset) -> None:
    with pytest.raises(TrainingError, match="Unknown classes: 0, 3; expected numbers from 0 to 2"):
        train(NETWORK, SPEC.replace(classes=(0, 3)), shapes)
    with pytest.raises(TrainingError, match="cannot be added to the images of my shapes"):
        train(NETWORK, SPEC.replace(drawings="mine"), shapes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"x_train": np.zeros((60, 6, 6, 1))},
            "my shapes: x_train should be uint8 (n, height, width, channels); received float64 (60, 6, 6, 1). Convert",
        ),
        ({"x_test": np.zeros((9, 6, 6), np.uint8)}, "my shapes: x_test should be uint8 (n, height, width, channels);"),
        ({"y_train": np.arange(60) % 4}, "my shapes: y_train should be one whole number from 0 to 2 per image. Number"),
        ({"y_train": np.arange(60) % 3 - 1}, "my shapes: y_train should be"),
        ({"y_train": np.zeros(60)}, "my shapes: y_train should be"),
        ({"y_test": np.zeros(8, int)}, "my shapes: y_test should be"),
    ],
)
def test_arrays_that_would_train_wrongly_are_refused(shapes: Dataset, changes: dict[str, Any], said: str) -> None:
    """Pixels from 0 to 1, for example, would be divided by 255 once more."""
    with pytest.raises(DatasetError) as refused:
        train(NETWORK, SPEC, replace(shapes, **changes))
    assert str(refused.value).startswith(said)
