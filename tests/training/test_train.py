"""Training against plain Keras, its events, and what it does when it is stopped, killed or given nonsense."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from cnnlab.datasets import Dataset, load
from cnnlab.errors import NetworkError, TrainingError
from cnnlab.network.layers import Conv2D, Dropout
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.callbacks.reporting import REPORT_SECONDS
from cnnlab.training.checkpoint import Checkpoint
from cnnlab.training.control import Control
from cnnlab.training.events import Answers, AnyEvent, Batch, Epoch, Finished, Started, Watch, from_json
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import Trained, train

Figures = list[tuple[float, float, float, float]]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits-8x8")


def figures(epochs: tuple[Epoch, ...]) -> Figures:
    return [(e.loss, e.accuracy, e.val_loss, e.val_accuracy) for e in epochs]


def by_hand(
    digits: Dataset, spec: TrainingSpec, optimizer: keras.optimizers.Optimizer, **fit: Any
) -> tuple[keras.Sequential, Figures]:
    """The tiny network, in plain Keras, with the test set for validation."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(2, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    one_hot = spec.loss == "categorical_crossentropy"
    labels = [keras.utils.to_categorical(y, 10) if one_hot else y for y in (digits.y_train[:300], digits.y_test)]
    model.compile(optimizer=optimizer, loss=spec.loss, metrics=["accuracy"])
    history = model.fit(
        digits.x_train[:300].astype("float32") / 255,
        labels[0],
        batch_size=50,
        validation_data=(digits.x_test.astype("float32") / 255, labels[1]),
        epochs=spec.epochs,
        verbose=0,
        **fit,
    ).history
    return model, list(
        zip(history["loss"], history["accuracy"], history["val_loss"], history["val_accuracy"], strict=True)
    )


@pytest.mark.parametrize(
    ("changes", "optimizer"),
    [
        ({}, lambda: keras.optimizers.Adam(0.001)),
        ({"loss": "categorical_crossentropy"}, lambda: keras.optimizers.Adam(0.001)),
        ({"optimizer": "SGD", "momentum": 0.9, "learning_rate": 0.1}, lambda: keras.optimizers.SGD(0.1, momentum=0.9)),
        ({"optimizer": "RMSprop", "momentum": 0.5}, lambda: keras.optimizers.RMSprop(0.001, momentum=0.5)),
        ({"optimizer": "AdamW", "weight_decay": 0.1}, lambda: keras.optimizers.AdamW(0.001, weight_decay=0.1)),
    ],
    ids=["Adam", "one-hot", "SGD", "RMSprop", "AdamW"],
)
def test_figures_are_those_of_plain_keras(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, changes: dict[str, Any], optimizer: Any
) -> None:
    spec = quick.replace(validation="test", **changes)
    trained = train(tiny, spec, digits)
    model, expected = by_hand(digits, spec, optimizer())
    np.testing.assert_allclose(figures(trained.epochs), expected, rtol=1e-6)
    for ours, theirs in zip(trained.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


def test_events_come_in_order(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    events: list[AnyEvent] = []
    trained = train(tiny, quick, digits, events.append)
    assert [event.kind for event in events if not isinstance(event, Batch)] == [
        "started",
        *("epoch", "answers", "watch"),
        *("epoch", "answers", "watch"),
        "finished",
    ]
    started, finished = events[0], events[-1]
    assert isinstance(started, Started) and isinstance(finished, Finished)
    assert (started.epochs, started.steps, started.train_images, started.validation_images) == (2, 5, 240, 60)
    assert (started.parameters, started.resumed_epoch) == (20 + 730, 0)
    assert (finished.reason, finished.kept_epoch) == ("done", 2)
    assert trained.epochs == tuple(event for event in events if isinstance(event, Epoch))
    assert [epoch.epoch for epoch in trained.epochs] == [1, 2]
    assert [epoch.learning_rate for epoch in trained.epochs] == pytest.approx([0.001, 0.001])
    assert all(epoch.seconds > 0 and epoch.examples_per_second > 0 for epoch in trained.epochs)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert len({event.key for event in events}) == len(events)
    for event in events:
        assert from_json(event.model_dump_json()) == event


def test_answers_are_what_the_network_says(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    events: list[AnyEvent] = []
    trained = train(tiny, quick, digits, events.append)
    last = [event for event in events if isinstance(event, Answers)][-1]
    said = trained.model.predict(digits.x_test[:96].astype("float32") / 255, verbose=0).argmax(axis=1)
    assert last.predictions == tuple(said)
    assert last.epoch == 2


def test_batches_are_reported_at_most_five_times_a_second(digits: Dataset, tiny: NetworkSpec) -> None:
    spec = TrainingSpec(dataset="digits-8x8", batch_size=1, epochs=1)
    events: list[AnyEvent] = []
    train(tiny, spec, digits, events.append)
    batches = [event for event in events if isinstance(event, Batch)]
    assert len(batches) >= 2
    assert np.diff([batch.at for batch in batches]).min() > REPORT_SECONDS - 0.02
    steps = [batch.step for batch in batches]
    assert steps == sorted(set(steps)) and steps[0] > 0 and steps[-1] <= 1149
    assert {(batch.epoch, batch.steps) for batch in batches} == {(1, 1149)}


_SCRIPT = """
import json, sys
from cnnlab import NetworkSpec, TrainingSpec, load, train
trained = train(NetworkSpec.from_json(sys.argv[1]), TrainingSpec.model_validate_json(sys.argv[2]), load("digits-8x8"))
print(json.dumps([[e.loss, e.accuracy, e.val_loss, e.val_accuracy] for e in trained.epochs]))
"""


def test_the_same_seed_gives_the_same_history(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    dropping = tiny.replace(layers=(*tiny.layers[:2], Dropout(rate=0.5), tiny.layers[2]))
    here = [list(row) for row in figures(train(dropping, quick, digits).epochs)]
    script = [sys.executable, "-c", _SCRIPT, dropping.to_json(), quick.model_dump_json()]
    there = json.loads(subprocess.run(script, capture_output=True, check=True, timeout=600).stdout)
    again = json.loads(subprocess.run(script, capture_output=True, check=True, timeout=600).stdout)
    assert there == again
    np.testing.assert_allclose(here, there, rtol=1e-6)
    other = figures(train(dropping, quick.replace(seed=2), digits).epochs)
    assert other[0][0] != pytest.approx(here[0][0], rel=1e-3)


FAST = {"optimizer": "SGD", "learning_rate": 2.0, "validation": "test", "epochs": 30}
"""Settings with which the validation loss goes up soon."""


def test_early_stopping_keeps_the_best_epoch(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    spec = quick.replace(**FAST, early_stopping=True, patience=2)
    events: list[AnyEvent] = []
    trained = train(tiny, spec, digits, events.append, folder=tmp_path)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert trained.reason == finished.reason == "early"

    stopper = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    _model, expected = by_hand(digits, spec, keras.optimizers.SGD(2.0), callbacks=[stopper])
    np.testing.assert_allclose(figures(trained.epochs), expected, rtol=1e-4)
    assert finished.kept_epoch == stopper.best_epoch + 1 == len(expected) - 2
    loss, accuracy = trained.model.evaluate(
        digits.x_test.astype("float32") / 255, digits.y_test, verbose=0, return_dict=False
    )
    kept = trained.epochs[finished.kept_epoch - 1]
    assert (loss, accuracy) == pytest.approx((kept.val_loss, kept.val_accuracy), rel=1e-5)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "answered.npz",
        f"best-{finished.kept_epoch:04d}.weights.h5",
        f"checkpoint-{len(expected):04d}.keras",
        "checkpoint.json",
        "snapshots",
    ]


class Killed(Exception):
    """Stands for the death of the process."""


def killed_after(epochs: int, kept: list[AnyEvent]) -> Any:
    def on_event(event: AnyEvent) -> None:
        kept.append(event)
        if isinstance(event, Epoch) and event.epoch == epochs:
            raise Killed

    return on_event


@pytest.mark.parametrize("death", [1, 2, 3, 4])
def test_a_run_goes_on_from_its_checkpoint(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path, death: int
) -> None:
    spec = quick.replace(epochs=4)
    events: list[AnyEvent] = []
    with pytest.raises(Killed):
        train(tiny, spec, digits, killed_after(death, events), folder=tmp_path)
    before = [event for event in events if isinstance(event, Epoch)]
    trained = train(tiny, spec, digits, events.append, folder=tmp_path)

    assert [epoch.epoch for epoch in trained.epochs] == [1, 2, 3, 4]
    assert list(trained.epochs[:death]) == before
    reported = [event for event in events if isinstance(event, Epoch)]
    assert {event.key: event for event in reported} == {epoch.key: epoch for epoch in trained.epochs}
    starts = [event.resumed_epoch for event in events if isinstance(event, Started)]
    assert starts == [0, death]
    # The weights went on from where they were, too: an untrained network's loss is far higher.
    assert max(figures(trained.epochs)[i][0] for i in range(1, 4)) < trained.epochs[0].loss


def test_a_process_that_died_between_the_best_weights_and_the_checkpoint(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    spec = quick.replace(epochs=2, save_best=True)
    with pytest.raises(Killed):
        train(tiny, spec, digits, killed_after(1, []), folder=tmp_path)
    (tmp_path / "best-0002.weights.h5").write_bytes(b"half of it")
    (tmp_path / "checkpoint-0002.keras").write_bytes(b"half of it")
    trained = train(tiny, spec, digits, folder=tmp_path)
    assert [epoch.epoch for epoch in trained.epochs] == [1, 2]
    assert Checkpoint.read(tmp_path).epochs == trained.epochs
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "answered.npz",
        "best-0002.weights.h5",
        "checkpoint-0002.keras",
        "checkpoint.json",
        "snapshots",
    ]


def test_patience_is_counted_over_an_interruption(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    spec = quick.replace(**FAST, early_stopping=True, patience=2)
    whole = train(tiny, spec, digits)
    with pytest.raises(Killed):
        # One epoch of waiting lies behind, one ahead.
        train(tiny, spec, digits, killed_after(len(whole.epochs) - 1, []), folder=tmp_path)
    rest: list[AnyEvent] = []
    resumed = train(tiny, spec, digits, rest.append, folder=tmp_path)
    best = min(epoch.val_loss for epoch in resumed.epochs)
    after_the_best = [epoch.val_loss for epoch in resumed.epochs].index(best) + 1
    assert resumed.reason == "early"
    assert len(resumed.epochs) == after_the_best + 2
    assert isinstance(rest[-1], Finished) and rest[-1].kept_epoch == after_the_best

    again: list[AnyEvent] = []
    train(tiny, spec, digits, again.append, folder=tmp_path)  # it had ended: nothing is trained
    assert [event.kind for event in again] == ["started", "epoch", "finished"]
    assert again[1].key == resumed.epochs[-1].key
    assert isinstance(again[2], Finished) and again[2].reason == "early"


def test_stop_in_the_middle_of_an_epoch(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    asked = 0

    def control() -> Control:
        nonlocal asked
        asked += 1
        # In the second epoch: asked at first, after the 5 batches and the 2 of validation, and at the epoch's end.
        return Control(stop=asked > 9)

    events: list[AnyEvent] = []
    spec = quick.replace(epochs=3)
    trained = train(tiny, spec, digits, events.append, control, folder=tmp_path)
    assert asked == 10
    assert [event.kind for event in events if not isinstance(event, Batch)] == [
        *("started", "epoch", "answers", "watch", "finished")
    ]
    assert isinstance(events[-1], Finished)
    assert (trained.reason, events[-1].reason, events[-1].kept_epoch) == ("stopped", "stopped", 1)
    assert len(trained.epochs) == 1
    x, y = digits.x_train[:300].astype("float32") / 255, digits.y_train[:300]
    _, x_validation, _, y_validation = split_by_hand(x, y)
    assert trained.model.evaluate(x_validation, y_validation, verbose=0)[0] == pytest.approx(
        trained.epochs[0].val_loss, rel=1e-5
    )

    resumed = train(tiny, spec, digits, folder=tmp_path)
    assert [epoch.epoch for epoch in resumed.epochs] == [1, 2, 3]
    assert resumed.reason == "done"


def split_by_hand(x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    from sklearn.model_selection import train_test_split

    parts: list[np.ndarray] = train_test_split(x, y, test_size=0.2, random_state=42)
    return parts


def test_stopped_at_once(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path) -> None:
    events: list[AnyEvent] = []
    spec = quick.replace(early_stopping=True)
    trained: Trained = train(tiny, spec, digits, events.append, lambda: Control(stop=True), folder=tmp_path)
    assert (trained.reason, trained.epochs) == ("stopped", ())
    assert isinstance(events[-1], Finished) and events[-1].kept_epoch == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answered.npz", "snapshots"]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_loss_that_is_no_number(
    digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path, early_stopping: bool
) -> None:
    spec = quick.replace(
        optimizer="SGD", learning_rate=100.0, momentum=0.99, epochs=4, early_stopping=early_stopping, patience=1
    )
    exploding = tiny.replace(layers=(Conv2D(filters=2), Conv2D(filters=8), *tiny.layers[1:]))
    events: list[AnyEvent] = []
    trained = train(exploding, spec, digits, events.append, folder=tmp_path)
    assert math.isnan(trained.epochs[-1].loss)
    for event in events:
        again = from_json(event.model_dump_json())
        assert repr(again) == repr(event)  # nan is not equal to itself
    assert repr(Checkpoint.read(tmp_path).epochs) == repr(trained.epochs)
    # Keras counts NaN as a prediction of the first class, and ReLU can make a dead unit of it.
    assert math.isnan(trained.epochs[-1].accuracy) and math.isnan(trained.epochs[-1].val_accuracy)
    answers, watch = (next(event for event in reversed(events) if isinstance(event, kind)) for kind in (Answers, Watch))
    assert isinstance(answers, Answers) and set(answers.predictions) == {-1}
    assert isinstance(watch, Watch) and np.sum(watch.confusion) == 0
    assert all(layer.dead is layer.saturated is None for layer in watch.layers.values())
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == ("early" if early_stopping else "done")


def test_what_is_refused(digits: Dataset, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    events: list[AnyEvent] = []
    with pytest.raises(
        NetworkError, match=r"The network expects images of 28×28×1, but the dataset's images are 8×8×1"
    ):
        train(tiny.replace(input_shape=(28, 28, 1)), quick, digits, events.append)
    with pytest.raises(NetworkError, match="at most 749 are allowed"):
        train(tiny, quick, digits, events.append, max_parameters=749)
    with pytest.raises(TrainingError, match=r"^5,000 training images were requested, but digits-8x8 has 1,437\. Use"):
        train(tiny, quick.replace(train_size=5000), digits, events.append)
    assert events == []
