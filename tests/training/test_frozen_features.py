"""Training with frozen layers against plain Keras with `trainable=False`, with and without computing them once."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from cnnlab.datasets import Dataset, load
from cnnlab.errors import TrainingError
from cnnlab.network import transfer
from cnnlab.network.build import build
from cnnlab.network.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import snapshots, train
from cnnlab.training.callbacks.reporting import weights_of
from cnnlab.training.control import Control
from cnnlab.training.events import AnyEvent, Epoch, Watch
from cnnlab.training.initial_state import InitialState
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import Augmentation, TrainingSpec
from cnnlab.training.train import Trained

SOURCE = NetworkSpec(
    name="source",
    input_shape=(8, 8, 1),
    layers=(
        Conv2D(filters=4, activation="relu"),
        BatchNormalization(),
        MaxPooling2D(),
        Flatten(),
        Dropout(rate=0.2),
        Dense(units=12, activation="relu"),
        Dense(units=4, activation="softmax"),
    ),
)
BEGUN = transfer.start_from(SOURCE, "other", (3, 0), (8, 8, 1), 10)
TRAINING = TrainingSpec(
    dataset="digits-8x8", train_size=300, validation="test", batch_size=50, epochs=3, learning_rate=0.01
)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits-8x8")


@pytest.fixture(scope="module")
def given() -> Weights:
    """Weights of the three layers that are taken; those of the second are the moving averages of a trained network."""
    keras.utils.set_random_seed(5)
    model = build(SOURCE)
    model.layers[1].set_weights([np.float32([1, 2, 0.5, 1]), *np.float32([[0, 1, 0, 1], [0.1] * 4, [0.3] * 4])])
    return dict(list(weights_of(model).items())[:3])


def trained(
    network: NetworkSpec, digits: Dataset, given: Weights, spec: TrainingSpec = TRAINING, folder: Path | None = None
) -> Trained:
    return train.train(network, spec, digits, folder=folder, initial=InitialState(given))


def figures(run: Trained) -> np.ndarray:
    return np.array([(e.loss, e.accuracy, e.val_loss, e.val_accuracy) for e in run.epochs])


def by_hand(digits: Dataset, given: Weights, frozen: int) -> tuple[keras.Sequential, np.ndarray]:
    """The same in plain Keras."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(12, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    places = [0, 1, 5]
    for place, arrays in zip(places, given.values(), strict=True):
        model.layers[place].set_weights(arrays)
    for place in places[:frozen]:
        model.layers[place].trainable = False
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x_train, x_test = (x.astype("float32") / 255 for x in (digits.x_train[:300], digits.x_test))
    history = model.fit(
        x_train, digits.y_train[:300], 50, 3, verbose=0, validation_data=(x_test, digits.y_test)
    ).history
    return model, np.array([history[name] for name in ("loss", "accuracy", "val_loss", "val_accuracy")]).T


@pytest.mark.parametrize("frozen", [0, 2, 3])
def test_it_trains_like_plain_keras_and_frozen_weights_stay_bit_for_bit(
    digits: Dataset, given: Weights, frozen: int, tmp_path: Path
) -> None:
    network = transfer.freeze(BEGUN, frozen)
    run = trained(network, digits, given, folder=tmp_path)
    model, expected = by_hand(digits, given, frozen)
    np.testing.assert_allclose(figures(run), expected, atol=1e-5)
    for ours, theirs in zip(run.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    last = snapshots.read(tmp_path, Moment(3))
    for place, (name, arrays) in enumerate(given.items()):
        same = [array.tobytes() for array in last[name]] == [array.tobytes() for array in arrays]
        assert same == (place < frozen), name


def test_computing_features_once_changes_nothing(
    digits: Dataset, given: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = TRAINING.replace(early_stopping=True, patience=0, epochs=9, learning_rate=0.2)
    assert transfer.unchanging(BEGUN) == 4
    once = trained(BEGUN, digits, given, spec)
    monkeypatch.setattr(transfer, "MAX_FEATURE_BYTES", 0)
    again = trained(BEGUN, digits, given, spec)
    np.testing.assert_allclose(figures(once), figures(again), atol=1e-5)
    assert (len(once.epochs), once.reason) == (len(again.epochs), again.reason) == (len(once.epochs), "early")
    for ours, theirs in zip(once.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_the_first_layers_are_computed_once(digits: Dataset, given: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    whole = train.Rest.features
    monkeypatch.setattr(
        train.Rest, "features", lambda rest, images, *more: (seen.append(len(images)), whole(rest, images, *more))[1]
    )
    trained(BEGUN, digits, given, TRAINING.replace(watch=False))
    assert seen == [300, len(digits.x_test)]
    seen.clear()
    trained(BEGUN, digits, given, TRAINING.replace(watch=False, augmentation=Augmentation(shift=0.1), epochs=1))
    trained(transfer.freeze(BEGUN, 0), digits, given, TRAINING.replace(watch=False, epochs=1))
    assert seen == []


def test_a_run_that_was_stopped_goes_on_with_frozen_layers(digits: Dataset, given: Weights, tmp_path: Path) -> None:
    events: list[AnyEvent] = []

    def control() -> Control:
        return Control(stop=any(isinstance(event, Epoch) for event in events))

    spec = TRAINING.replace(schedule="cosine")
    stopped = train.train(BEGUN, spec, digits, events.append, control, folder=tmp_path, initial=InitialState(given))
    assert (stopped.reason, len(stopped.epochs)) == ("stopped", 1)
    # What it starts with is in the checkpoint now.
    resumed = train.train(BEGUN, spec, digits, folder=tmp_path)
    assert len(resumed.epochs) == 3
    for name, arrays in given.items():
        for ours, theirs in zip(snapshots.read(tmp_path, Moment(3))[name], arrays, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert resumed.epochs[-1].loss < stopped.epochs[0].loss


def test_a_stop_while_features_are_computed(digits: Dataset, given: Weights) -> None:
    stopped = train.train(BEGUN, TRAINING, digits, control=lambda: Control(stop=True), initial=InitialState(given))
    assert (stopped.reason, stopped.epochs) == ("stopped", ())


def test_what_is_measured_is_what_is_trained(digits: Dataset, given: Weights) -> None:
    events: list[AnyEvent] = []
    train.train(BEGUN, TRAINING, digits, events.append, initial=InitialState(given))
    watched = [event for event in events if isinstance(event, Watch)][-1]
    assert watched.layers["conv2d"].updates == watched.layers["dense"].updates == 0
    assert (watched.layers["dense_1"].updates or 0) > 0
    assert sum(map(sum, watched.confusion)) == watched.images
    assert watched.forward_milliseconds > 0


def test_without_the_weights_it_does_not_start(digits: Dataset) -> None:
    with pytest.raises(TrainingError, match="start with the weights of the run other"):
        train.train(BEGUN, TRAINING, digits)


def test_weights_of_other_shapes_are_refused(digits: Dataset, given: Weights) -> None:
    other = {name: arrays[::-1] for name, arrays in given.items()}
    with pytest.raises(TrainingError, match="cannot start from these weights"):
        trained(BEGUN, digits, other)
