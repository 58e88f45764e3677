"""The look inside after each epoch, held against plain NumPy on the same weights."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.datasets import Dataset, load
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.precision import has_bfloat16
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.events import AnyEvent, Started, Watch
from cnnlab.training.initial_state import InitialState
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import split
from cnnlab.training.train import train


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits-8x8")


def watches(events: list[AnyEvent]) -> list[Watch]:
    return [event for event in events if isinstance(event, Watch)]


def test_what_is_seen_is_what_numpy_finds(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    events: list[AnyEvent] = []
    trained = train(tiny, quick, digits, events.append)
    first, last = watches(events)
    assert (first.epoch, last.epoch) == (1, 2)
    images = split(digits, quick)
    answers = trained.model.predict(images.x_validation / np.float32(255), verbose=0).argmax(axis=1)
    expected = np.zeros((10, 10), int)
    for truth, answer in zip(images.y_validation, answers, strict=True):
        expected[truth, answer] += 1
    assert np.array_equal(last.confusion, expected) and last.images == len(images.x_validation) == 60
    sizes = {
        layer.name: np.concatenate([np.abs(array).ravel() for array in layer.get_weights()]).mean()
        for layer in trained.model.layers
        if layer.weights
    }
    assert list(last.layers) == list(sizes)
    assert {name: layer.weights for name, layer in last.layers.items()} == pytest.approx(sizes)
    assert all(layer.updates and 0 < layer.updates < 0.01 for layer in last.layers.values())
    assert last.memory > 50_000_000 and last.processor_seconds > 0 and last.watching_seconds > 0
    assert last.batch_milliseconds > 0 and last.forward_milliseconds > 0 and last.backward_milliseconds >= 0
    # Forward is timed in the look itself: it cannot take longer.
    assert last.forward_milliseconds * last.images <= 1000 * last.watching_seconds


def test_dead_units_and_saturated_outputs(digits: Dataset, quick: TrainingSpec) -> None:
    network = NetworkSpec(
        input_shape=(8, 8, 1),
        layers=(
            Conv2D(filters=4, activation="relu"), Flatten(), Dense(units=5, activation="sigmoid"),
            Dense(units=10, activation="softmax"),
        ),
    )  # fmt: skip
    bias = np.array([-100, 1, 1, -100], np.float32)
    zeros = np.zeros((3, 3, 1, 4), np.float32)
    initial = InitialState(
        {
            "conv2d": (zeros, bias),
            "dense": (np.full((144, 5), 1.0, np.float32), np.zeros(5, np.float32)),
            "dense_1": (np.zeros((5, 10), np.float32), np.zeros(10, np.float32)),
        }
    )
    events: list[AnyEvent] = []
    train(network, quick.replace(epochs=1, learning_rate=1e-6), digits, events.append, initial=initial)
    [watch] = watches(events)
    names = list(watch.layers)
    # Two of four filters never fire; 72 ones make every sigmoid 1.
    assert watch.layers[names[0]].dead == 0.5 and watch.layers[names[0]].saturated is None
    assert watch.layers[names[1]].saturated == 1.0 and watch.layers[names[1]].dead is None
    assert watch.layers[names[2]].dead is None and watch.layers[names[2]].saturated is None


def test_nobody_looks_where_it_is_not_wanted(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    events: list[AnyEvent] = []
    train(tiny, quick.replace(watch=False), digits, events.append)
    assert watches(events) == []


def test_mixed_precision_where_the_processor_has_it(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    events: list[AnyEvent] = []
    trained = train(tiny, quick.replace(precision="mixed_bfloat16"), digits, events.append)
    exact = train(tiny, quick, digits)
    started = events[0]
    assert isinstance(started, Started)
    assert started.precision == ("mixed_bfloat16" if has_bfloat16() else "float32")
    computed = [layer.compute_dtype for layer in trained.model.layers if layer.weights]
    assert computed == (["bfloat16", "float32"] if has_bfloat16() else ["float32", "float32"])
    assert {array.dtype.name for array in trained.model.get_weights()} == {"float32"}
    assert [e.val_loss for e in trained.epochs] == pytest.approx([e.val_loss for e in exact.epochs], rel=0.02)
