"""A training that is paused, stepped, slowed down and stopped while it goes on; held against undisturbed Keras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from cnnlab.datasets import Dataset, load
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.control import Control
from cnnlab.training.events import AnyEvent, Batch, Continued, Epoch, Finished, Paused, RateChanged, Started
from cnnlab.training.history import History
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import Trained, train


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits-8x8")


class Person:
    """Somebody who asks for the next thing at each pause: `wishes` in their order, each a change of what was wanted."""

    def __init__(self, *wishes: Callable[[Control], Control], first: Control | None = None) -> None:
        self.wanted = first or Control(pause=True)
        self.wishes = list(wishes)
        self.events: list[AnyEvent] = []

    def hear(self, event: AnyEvent) -> None:
        self.events.append(event)
        if isinstance(event, Paused):
            self.wanted = self.wishes.pop(0)(self.wanted)

    def train(self, network: NetworkSpec, spec: TrainingSpec, data: Dataset, folder: Path | None = None) -> Trained:
        trained = train(network, spec, data, self.hear, lambda: self.wanted, folder=folder)
        assert not self.wishes, "every pause came"
        return trained

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events if event.kind not in ("answers", "watch")]


def a_batch(now: Control) -> Control:
    return replace(now, batches=now.batches + 1)


def an_epoch(now: Control) -> Control:
    return replace(now, epochs=now.epochs + 1)


def go_on(now: Control) -> Control:
    return replace(now, pause=False)


def figures(trained: Trained) -> list[tuple[float, float, float, float]]:
    return [(e.loss, e.accuracy, e.val_loss, e.val_accuracy) for e in trained.epochs]


def test_pauses_and_single_steps_change_no_figure(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    person = Person(a_batch, an_epoch, a_batch, go_on)
    stepped = person.train(tiny, quick, digits)
    assert person.kinds() == [
        *("started", "batch", "paused", "batch", "paused", "continued", "epoch"),
        *("paused", "batch", "paused", "continued", "epoch", "finished"),
    ]
    paused = [(event.epoch, event.step) for event in person.events if isinstance(event, Paused)]
    assert paused == [(1, 1), (1, 2), (1, 5), (2, 1)]
    assert [event.step for event in person.events if isinstance(event, Batch)] == [1, 2, 1]
    assert figures(stepped) == figures(train(tiny, quick, digits))


def test_where_it_waits_is_known_and_its_time_is_not_counted() -> None:
    history = History()
    history.add(
        Started(at=100, epochs=2, steps=10, train_images=100, validation_images=10, parameters=5)
    )  # fmt: skip
    history.add(Batch(at=101, epoch=1, step=5, steps=10, loss=1, accuracy=0.5, examples_per_second=50))
    assert history.paused is None and history.seconds_left == pytest.approx(3)
    pause = Paused(at=102, epoch=1, step=5)
    history.add(pause)
    assert history.paused == pause
    history.add(Continued(at=202))
    history.add(Batch(at=203, epoch=1, step=10, steps=10, loss=1, accuracy=0.5, examples_per_second=50))
    assert history.paused is None and history.waited == 100
    # Three seconds of training an epoch, and one epoch to go.
    assert history.seconds_left == pytest.approx(3)


def test_a_run_that_waits_can_be_stopped(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    person = Person(lambda now: replace(now, stop=True))
    trained = person.train(tiny, quick, digits)
    assert (trained.reason, trained.epochs) == ("stopped", ())
    assert person.kinds() == ["started", "batch", "paused", "finished"]


def test_steps_of_an_earlier_process_are_not_taken_again(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec
) -> None:
    person = Person(go_on, first=Control(pause=True, batches=3, epochs=2))
    person.train(tiny, quick, digits)
    assert [(event.epoch, event.step) for event in person.events if isinstance(event, Paused)] == [(1, 1)]


def test_stopping_after_the_epoch_keeps_it(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    person = Person(lambda now: replace(now, stop_after_epoch=True))
    trained = person.train(tiny, quick.replace(epochs=3), digits)
    finished = person.events[-1]
    assert isinstance(finished, Finished) and (finished.reason, finished.kept_epoch) == ("stopped", 1)
    assert figures(trained) == figures(train(tiny, quick.replace(epochs=1), digits))


class ByHand(keras.callbacks.Callback):  # type: ignore[misc]
    """Another learning rate after the first batch, in plain Keras."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.model.optimizer.learning_rate = 0.01


def test_another_learning_rate_is_keras_own(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    person = Person(lambda now: replace(now, learning_rate=0.01, pause=False))
    spec = quick.replace(validation="test", train_size=300)
    trained = person.train(tiny, spec, digits)
    [changed] = [event for event in person.events if isinstance(event, RateChanged)]
    steps = 6
    assert (changed.epoch, changed.learning_rate) == pytest.approx((1 / steps, 0.01)) and changed.why == "person"
    assert [epoch.learning_rate for epoch in trained.epochs] == pytest.approx([0.01, 0.01])

    keras.utils.set_random_seed(1)
    layers = [keras.layers.Conv2D(2, 3, activation="relu"), keras.layers.Flatten()]
    model = keras.Sequential([keras.Input((8, 8, 1)), *layers, keras.layers.Dense(10, activation="softmax")])
    model.compile(keras.optimizers.Adam(0.001), spec.loss, metrics=["accuracy"])
    x, x_test = (images.astype("float32") / 255 for images in (digits.x_train[:300], digits.x_test))
    past = model.fit(
        x, digits.y_train[:300], batch_size=spec.batch_size, epochs=2, validation_data=(x_test, digits.y_test),
        callbacks=[ByHand()], verbose=0,
    ).history  # fmt: skip
    assert [e.val_loss for e in trained.epochs] == pytest.approx(past["val_loss"], rel=1e-6)


def test_a_schedule_goes_on_from_the_new_rate_and_so_does_a_resumed_run(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    spec = quick.replace(epochs=3, schedule="exponential", decay_rate=0.5, decay_epochs=1, learning_rate=0.01)
    person = Person(
        lambda now: replace(now, learning_rate=0.02, epochs=1), lambda now: replace(now, stop=True)
    )  # fmt: skip
    first = person.train(tiny, spec, digits, tmp_path)
    # After the first of five batches the schedule had come down to 0.01 · 0.5^(1/5), and was then set to 0.02.
    factor = 0.02 / (0.01 * 0.5**0.2)
    assert [e.learning_rate for e in first.epochs] == pytest.approx([0.005 * factor])
    resumed = train(tiny, spec, digits, folder=tmp_path)
    assert [e.learning_rate for e in resumed.epochs] == pytest.approx(
        [0.005 * factor, 0.0025 * factor, 0.00125 * factor]
    )


def test_a_plateau_reduces_the_rate_as_keras_does(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    # So large a rate that the validation loss goes up and down.
    spec = quick.replace(
        epochs=6, learning_rate=0.5, reduce_on_plateau=True, plateau_patience=1, plateau_factor=0.1, train_size=300
    )
    events: list[AnyEvent] = []
    trained = train(tiny, spec, digits, events.append)
    expected, rate, best, waits, reduced = [], 0.5, float("inf"), 0, []
    for epoch in trained.epochs:
        expected.append(rate)
        # As Keras describes it: an improvement of less than 0.0001 is none.
        better = epoch.val_loss < best - 1e-4
        best, waits = (epoch.val_loss, 0) if better else (best, waits + 1)
        if waits >= 1:
            rate, waits = rate * 0.1, 0
            reduced.append(epoch.epoch)
    assert [e.learning_rate for e in trained.epochs] == pytest.approx(expected)
    assert reduced, "the rate was too large for this network"
    changes = [event for event in events if isinstance(event, RateChanged)]
    assert [(event.epoch, event.why) for event in changes] == [(epoch, "plateau") for epoch in reduced]

    # Stopped after the third epoch and gone on with, the rates are the same.
    def after_three(event: AnyEvent) -> None:
        nonlocal wanted
        if isinstance(event, Epoch) and event.epoch == 3:
            wanted = Control(stop_after_epoch=True)

    wanted = Control()
    train(tiny, spec, digits, after_three, lambda: wanted, folder=tmp_path)
    resumed = train(tiny, spec, digits, folder=tmp_path)
    assert [e.learning_rate for e in resumed.epochs[:4]] == pytest.approx(expected[:4])


def test_several_steps_an_execution_change_no_figure(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    together = train(tiny, quick.replace(steps_per_execution=3), digits)
    assert np.allclose(figures(together), figures(train(tiny, quick, digits)), rtol=1e-5)
