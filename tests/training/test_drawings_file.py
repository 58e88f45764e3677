"""Kept drawings as training images: they are added after the split, and a run is the same with them every time."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from cnnlab.datasets import DATASETS, Dataset, load
from cnnlab.errors import CNNLabError, TrainingError
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import drawings_file
from cnnlab.training.events import AnyEvent, Started
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import split
from cnnlab.training.train import train

FLAT = NetworkSpec(input_shape=(28, 28, 1), layers=(Flatten(), Dense(units=10, activation="softmax")))
SPEC = TrainingSpec(dataset="mnist-5k", drawings="mine", train_size=100, batch_size=50, epochs=2)

IMAGES = np.random.default_rng(3).integers(0, 256, (30, 28, 28, 1), np.uint8)
LABELS = np.arange(30) % 10


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load("mnist-5k")


def test_which_datasets_take_drawings() -> None:
    assert [name for name in DATASETS if drawings_file.accepts_drawings(name)] == ["mnist-5k", "mnist"]
    for name in ("mnist-5k", "mnist"):
        drawings_file.check(SPEC.replace(dataset=name))
    for name in ("digits-8x8", "fashion-mnist", "cifar-10"):
        drawings_file.check(SPEC.replace(dataset=name, drawings=""))
        with pytest.raises(TrainingError) as refused:
            drawings_file.check(SPEC.replace(dataset=name))
        assert refused.value.sentences() == (
            f"Drawings are digits of 28×28 pixels; they cannot be added to the images of {name}.",
            "Choose one of mnist-5k, mnist as the dataset, or leave the collection empty.",
        )


def test_more_training_images_leave_the_validation_alone(mnist: Dataset) -> None:
    before = split(mnist, SPEC)
    after = before.add_images(IMAGES, LABELS)
    assert (len(before.x_train), len(after.x_train)) == (80, 110)
    np.testing.assert_array_equal(after.x_train, np.concatenate([before.x_train, IMAGES]))
    np.testing.assert_array_equal(after.y_train, [*before.y_train, *LABELS])
    assert after.x_validation is before.x_validation and after.y_validation is before.y_validation
    assert (after.x_train.dtype, after.y_train.dtype) == (np.uint8, np.int64)
    assert (before.steps(50), after.steps(50)) == (2, 3)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_training_is_that_of_plain_keras_on_all_images(mnist: Dataset, tmp_path: Path, loss: str) -> None:
    spec = SPEC.replace(loss=loss)
    drawings_file.save(tmp_path / "run", drawings_file.pack(IMAGES, LABELS))
    events: list[AnyEvent] = []
    trained = train(FLAT, spec, mnist, events.append, folder=tmp_path / "run")
    started = events[0]
    assert isinstance(started, Started)
    assert (started.train_images, started.validation_images, started.steps) == (110, 20, 3)

    # As an exported script does it, with the file that can be downloaded.
    parts = split(mnist, spec.replace(drawings=""))
    more = np.load(tmp_path / "run" / "drawings.npz")
    x = np.concatenate([parts.x_train.astype("float32") / 255, more["x"].astype("float32") / 255])
    y = np.concatenate([parts.y_train, more["y"]])
    y_val = parts.y_validation
    if loss == "categorical_crossentropy":
        y, y_val = (keras.utils.to_categorical(labels, 10) for labels in (y, y_val))
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss=loss, metrics=["accuracy"])
    validation = parts.x_validation.astype("float32") / 255, y_val
    history = model.fit(x, y, batch_size=50, epochs=2, validation_data=validation, verbose=0).history
    found = [(e.loss, e.accuracy, e.val_loss, e.val_accuracy) for e in trained.epochs]
    expected = [history[name] for name in ("loss", "accuracy", "val_loss", "val_accuracy")]
    np.testing.assert_allclose(found, np.transpose(expected), rtol=1e-6)


def test_drawings_that_are_not_there(mnist: Dataset, tmp_path: Path) -> None:
    gone = r"^The drawings that this run learns from no longer exist\. Start a new run with a collection\.$"
    for folder in (tmp_path, None):
        with pytest.raises(TrainingError, match=gone):
            train(FLAT, SPEC, mnist, folder=folder)
    (tmp_path / "drawings.npz").write_bytes(b"PK")
    with pytest.raises(CNNLabError, match="contains no drawings, or it is damaged"):
        train(FLAT, SPEC, mnist, folder=tmp_path)


def test_drawings_do_not_fit_other_datasets(tiny: NetworkSpec, quick: TrainingSpec) -> None:
    with pytest.raises(TrainingError, match="cannot be added to the images of digits-8x8"):
        train(tiny, quick.replace(drawings="mine"), load("digits-8x8"))
