"""Recorder: a script's own training in a Lab, seen from this process and from another one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import cnnlab
from cnnlab.errors import CNNLabError, TrainingError
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Rescaling
from cnnlab.network.spec import NetworkSpec
from cnnlab.recorder import Recorder
from cnnlab.runs.run import Run
from cnnlab.runs.store import RunStore
from cnnlab.settings import Settings
from cnnlab.training.events import AnyEvent, Batch, Epoch, Finished, Started
from cnnlab.training.recorded_model import settings_of
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from tests.datasets.image_sets.made import png, zip_file
from tests.waiting import wait_until

random = np.random.default_rng(3)
X, Y = random.random((40, 8, 8, 1), np.float32), random.integers(0, 10, 40)


def model_of(**compiled: Any) -> keras.Sequential:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3, activation="relu", name="eyes"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.1, name="forget"),
            layers.Dense(10, "softmax", name="head"),
        ]
    )
    settings = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"], **compiled}
    model.compile(**settings)
    return model


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A Lab that is open while a script trains."""
    one = Lab(Settings(home=tmp_path / "home"), start_engine=False)
    yield one
    one.close()


def fit(
    recorder: Recorder, model: keras.Model | None = None, *others: keras.callbacks.Callback, **given: Any
) -> keras.callbacks.History:
    settings = {"epochs": 2, "batch_size": 16, "validation_data": (X[:10], Y[:10]), "verbose": 0, **given}
    return (model or model_of()).fit(X, Y, callbacks=[*others, recorder], **settings)


def recorder_of(lab: Lab, name: str = "mine", **given: Any) -> Recorder:
    return Recorder(name, home=lab.settings.home, dataset="digits-8x8", batch_size=16, **given)


def only(lab: Lab) -> Run:
    (run,) = lab.runs.all()
    return run


def test_a_training_appears_in_the_lab(lab: Lab) -> None:
    model = model_of()
    history = fit(recorder_of(lab, " my\ndigits ", who="Ada"), model)
    run = only(lab)
    assert (run.name, run.who, run.state) == ("my digits", "Ada", "finished")
    assert run.network == NetworkSpec(
        name="my digits",
        input_shape=(8, 8, 1),
        layers=(
            Conv2D(filters=2, activation="relu"),
            Flatten(),
            Dropout(rate=0.1),
            Dense(units=10, activation="softmax"),
        ),
    )
    assert run.training == TrainingSpec(
        dataset="digits-8x8",
        validation="test",
        batch_size=16,
        epochs=2,
        snapshots="epochs",
        learning_rate=run.training.learning_rate,
    )
    assert run.training.learning_rate == pytest.approx(0.001)
    found = lab.runs.history(run.id)
    assert found.started == Started(
        at=found.started.at if found.started else 0.0,
        epochs=2,
        steps=3,
        train_images=48,
        validation_images=0,
        parameters=750,
    )
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        assert [getattr(epoch, name) for epoch in found.epochs] == history.history[name]
    assert [epoch.epoch for epoch in found.epochs] == [1, 2]
    assert found.finished is not None and (found.finished.reason, found.finished.kept_epoch) == ("done", 2)
    assert (run.epochs_done, run.best_val_accuracy) == (2, max(history.history["val_accuracy"]))
    assert run.ended is not None and lab.control.external(run.id)

    # What it knows can be looked at: moments, and the model as it is at the end.
    assert lab.snapshots.of(run.id) == [Moment(0), Moment(1), Moment(2)]
    kept = lab.snapshots.weights(run.id, Moment(2))
    assert list(kept) == ["conv2d", "dense"]
    np.testing.assert_array_equal(kept["conv2d"][0], model.layers[0].get_weights()[0])
    saved = keras.saving.load_model(lab.snapshots.folder(run.id) / "model.keras")
    np.testing.assert_array_equal(saved.predict(X, verbose=0), model.predict(X, verbose=0))
    taken = lab.runs.get(lab.imports.run(lab.exports.run_zip(run).content))
    assert lab.control.external(taken.id) and lab.snapshots.of(taken.id) == lab.snapshots.of(run.id)


def test_batches_are_reported_as_the_lab_does(lab: Lab) -> None:
    waiting = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: wait_a_little())
    fit(recorder_of(lab), None, waiting, epochs=1)
    batches = lab.runs.history(only(lab).id).batches
    assert batches and all((batch.epoch, batch.steps) == (1, 3) for batch in batches)
    assert [batch.step for batch in batches] == [1, 2, 3]


def wait_a_little() -> None:
    """As long as batches of a larger network take."""
    import time

    begun = time.monotonic()
    wait_until(lambda: time.monotonic() - begun > 0.21)


def test_early_stopping_goes_back(lab: Lab) -> None:
    class Worse(keras.callbacks.Callback):  # type: ignore[misc]
        """Weights that get worse after the first epoch."""

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch:
                self.model.layers[-1].set_weights([np.full((72, 10), 50.0) * np.arange(10), np.zeros(10)])

    stopping = keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    fit(recorder_of(lab), None, Worse(), stopping, epochs=9)
    run = only(lab)
    finished = lab.runs.history(run.id).finished
    assert finished is not None and (run.state, finished.reason, finished.kept_epoch) == ("finished", "early", 1)
    assert len(lab.runs.history(run.id).epochs) == 2
    assert lab.snapshots.final(run.id) == Moment(1)


def test_without_accuracy_and_validation(lab: Lab) -> None:
    fit(recorder_of(lab), model_of(metrics=[]), validation_data=None)
    epochs = lab.runs.history(only(lab).id).epochs
    assert [np.isnan([e.accuracy, e.val_loss, e.val_accuracy]).all() and e.loss > 0 for e in epochs] == [True, True]
    fit(recorder_of(lab), model_of(metrics=["sparse_categorical_accuracy"]))
    assert all(0 <= epoch.val_accuracy <= 1 for epoch in lab.runs.history(lab.runs.all()[0].id).epochs)


def test_the_same_recorder_twice(lab: Lab) -> None:
    recorder = recorder_of(lab)
    fit(recorder)
    fit(recorder)
    assert [run.state for run in lab.runs.all()] == ["finished", "finished"]


def test_an_exception_in_the_script(lab: Lab) -> None:
    class Fails(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            raise KeyboardInterrupt

    recorder = recorder_of(lab)
    with pytest.raises(KeyboardInterrupt):
        fit(recorder, None, Fails())
    assert only(lab).state == "running"
    # The next training of this recorder, or the end of the process, says so.
    fit(recorder)
    assert [run.state for run in lab.runs.all()] == ["finished", "interrupted"]


def test_a_run_that_is_stopped_in_the_lab(lab: Lab) -> None:
    def stop(epoch: int, logs: Any) -> None:
        if epoch == 1:
            lab.store.set_state(only(lab).id, "stopped")

    fit(recorder_of(lab), None, keras.callbacks.LambdaCallback(on_epoch_end=stop), epochs=50)
    run = only(lab)
    finished = lab.runs.history(run.id).finished
    assert finished is not None and (run.state, finished.reason, run.epochs_done) == ("stopped", "stopped", 2)


def test_a_full_disk_does_not_end_a_training(lab: Lab) -> None:
    """What could not be written is written as soon as it can be."""
    folder = lab.settings.home / "runs"

    def break_and_mend(epoch: int, logs: Any) -> None:
        place = folder / only(lab).id / "snapshots"
        if epoch == 0:
            place.rename(place.with_name("elsewhere"))
            place.write_text("a file where the folder should be")
        if epoch == 2:
            place.unlink()
            place.with_name("elsewhere").rename(place)

    breaking = keras.callbacks.LambdaCallback(on_epoch_begin=break_and_mend)
    with pytest.warns(UserWarning, match="CNN Lab cannot record this training: ") as said:
        fit(recorder_of(lab), None, breaking, epochs=4)
    assert len([one for one in said if "CNN Lab" in str(one.message)]) == 1
    run = only(lab)
    assert (run.state, [epoch.epoch for epoch in lab.runs.history(run.id).epochs]) == ("finished", [1, 2, 3, 4])
    assert lab.snapshots.of(run.id) == [Moment(n) for n in range(5)]


def test_a_home_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="CNN Lab does not record this training: .* cannot be used"):
        fit(Recorder("x", home=tmp_path / "file" / "home", dataset="digits-8x8"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "runs").write_text("")
    with pytest.warns(UserWarning, match="CNN Lab does not record this training: .* cannot be used"):
        fit(Recorder("x", home=tmp_path / "home", dataset="digits-8x8"))


def test_the_home_of_the_environment(home_of_its_own: Path) -> None:
    fit(Recorder("from the environment", dataset="digits-8x8"))
    store = RunStore(home_of_its_own)
    assert "from the environment" in [run.name for run in store.runs()]
    store.close()


def nested() -> keras.Model:
    given = keras.Input((8, 8))
    inside = keras.Sequential([keras.layers.Conv2D(3, 3), keras.layers.BatchNormalization()])
    image = keras.layers.Reshape((8, 8, 1))(given)
    return keras.Model(given, keras.layers.Dense(10)(keras.layers.Flatten()(keras.layers.ReLU()(inside(image)))))


def test_a_functional_model_with_a_model_inside_that_outputs_scores(lab: Lab) -> None:
    model = nested()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(X[..., 0], Y, epochs=1, verbose=0, callbacks=[recorder_of(lab)])
    run = only(lab)
    kinds = [layer.kind for layer in run.network.layers]
    assert kinds == ["Conv2D", "BatchNormalization", "Activation", "Flatten", "Dense", "Activation"]
    saved = keras.saving.load_model(lab.snapshots.folder(run.id) / "model.keras")
    expected = keras.ops.softmax(model.predict(X[..., 0], verbose=0))
    np.testing.assert_allclose(saved.predict(X, verbose=0), expected, atol=1e-6)
    assert list(lab.snapshots.weights(run.id, Moment(1))) == ["conv2d", "batch_normalization", "dense"]
    assert lab.test_sets.trained_elsewhere(run)


@pytest.mark.parametrize(("scale", "first"), [(1.0, None), (255.0, Rescaling(scale=255))])
def test_the_pixels_of_the_script_are_measured(lab: Lab, scale: float, first: Rescaling | None) -> None:
    data = cnnlab.load("digits-8x8")
    images = data.x_train / np.float32(255) * np.float32(scale)
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)), keras.layers.BatchNormalization(momentum=0.5), keras.layers.Flatten(),
            keras.layers.Dense(10, "softmax"),
        ]
    )  # fmt: skip
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, data.y_train, epochs=4, batch_size=32, verbose=0, callbacks=[recorder_of(lab)])
    run = only(lab)
    assert run.network.layers[0] == (first or BatchNormalization(momentum=0.5))
    pixels = "0 to 255" if first else "0 to 1"
    right = (model.predict(data.x_test / np.float32(255) * scale, verbose=0).argmax(axis=1) == data.y_test).mean()
    assert run.note.startswith(f"With pixels from {pixels}, {right:.1%} of 360 test images of ")
    saved = keras.saving.load_model(lab.snapshots.folder(run.id) / "model.keras")
    given = data.x_test[:20] / np.float32(255)
    np.testing.assert_allclose(
        saved.predict(given, verbose=0), model.predict(given * np.float32(scale), verbose=0), atol=1e-5
    )


def test_pixels_that_cannot_be_measured_are_said_to_be_assumed(lab: Lab) -> None:
    fit(recorder_of(lab))
    assert only(lab).note == "It could not be measured which pixels the script has; they are taken to be 0 to 1."


def test_a_note_that_somebody_wrote_stays(lab: Lab) -> None:
    def write(epoch: int, logs: Any) -> None:
        if epoch == 1:
            lab.annotations.note(only(lab).id, "mine")

    fit(recorder_of(lab), None, keras.callbacks.LambdaCallback(on_epoch_end=write), epochs=3)
    assert only(lab).note == "mine"


def branching() -> keras.Model:
    given = keras.Input((8, 8, 1))
    two = [keras.layers.Flatten()(given), keras.layers.Flatten()(keras.layers.ReLU()(given))]
    return keras.Model(given, keras.layers.Dense(10, "softmax")(keras.layers.Concatenate(name="join")(two)))


def test_what_the_lab_cannot_show_is_trained_all_the_same(lab: Lab) -> None:
    branches = branching()
    branches.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

    def mine(true: Any, said: Any) -> Any:
        return keras.ops.mean(said)

    trainings: list[tuple[str, Recorder, keras.Model, dict[str, Any]]] = [
        ("The layer “join” has 2 inputs", recorder_of(lab), branches, {}),
        ("the dataset's images are 28×28×1", Recorder("x", home=lab.settings.home), model_of(), {}),
        ("There is no dataset called “mine”", Recorder("x", home=lab.settings.home, dataset="mine"), model_of(), {}),
        ("does not support “Nadam”; expected one of Adam, SGD", recorder_of(lab), model_of(optimizer="nadam"), {}),
        ("does not support “mine”", recorder_of(lab), model_of(loss=mine), {}),
        (
            "does not support batch_size=0 (Input should be",
            Recorder("x", home=lab.settings.home, batch_size=0),
            model_of(),
            {},
        ),
        (
            "does not support dataset=null (Input should be",
            Recorder("x", home=lab.settings.home, dataset=None),
            model_of(),
            {},
        ),
    ]
    for expected, recorder, model, given in trainings:
        with pytest.warns(UserWarning, match="CNN Lab does not record this training: .*" + re.escape(expected)):
            history = fit(recorder, model, **given)
        assert len(history.history["loss"]) == 2
    with pytest.warns(UserWarning, match="needs the number of batches per epoch"):
        model_of().fit(((X[:4], Y[:4]) for _ in range(3)), callbacks=[recorder_of(lab)], verbose=0)
    assert lab.runs.all() == []


def test_settings_as_they_can_be_asked() -> None:
    sgd = model_of(
        optimizer=keras.optimizers.SGD(0.5, momentum=0.25), loss=keras.losses.SparseCategoricalCrossentropy()
    )
    assert settings_of(sgd, 5000, "mnist", 7) == TrainingSpec(
        dataset="mnist",
        validation="test",
        optimizer="SGD",
        momentum=0.25,
        learning_rate=0.5,
        batch_size=7,
        epochs=1000,
        snapshots="epochs",
    )
    warm = keras.optimizers.schedules.CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=5)
    adamw = model_of(optimizer=keras.optimizers.AdamW(warm, weight_decay=0.125), loss="categorical_crossentropy")
    asked = settings_of(adamw, 3, "mnist", 32)
    assert (asked.weight_decay, asked.loss, asked.learning_rate) == (0.125, "categorical_crossentropy", 1e-9)


def test_it_is_a_public_name() -> None:
    assert cnnlab.Recorder is Recorder and issubclass(Recorder, keras.callbacks.Callback)
    assert issubclass(TrainingError, CNNLabError)


# From another process

SCRIPT = """
import sys
import keras
import numpy as np
import cnnlab

x, y = np.random.rand(64, 8, 8, 1).astype("float32"), np.arange(64) % 10
model = keras.Sequential(
    [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
)
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
recorder = cnnlab.Recorder("from a script", home=sys.argv[1], who="Bo", dataset="digits-8x8")
class Fails(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == int(sys.argv[3]):
            raise SystemExit(3)
model.fit(x, y, validation_split=0.25, epochs=int(sys.argv[2]), verbose=0, callbacks=[Fails(), recorder])
"""


def script(lab: Lab, epochs: int, fails: int = -1) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", SCRIPT, str(lab.settings.home), str(epochs), str(fails)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def test_a_script_that_is_killed(lab: Lab) -> None:
    with script(lab, 100_000) as process:
        try:
            # Seen live, here.
            run = wait_until(lambda: next(iter(lab.runs.active()), None))
            assert run is not None
            wait_until(lambda: len(lab.runs.history(run.id).epochs) >= 2)
            before = lab.runs.get(run.id)
            assert (before.name, before.who, before.state) == ("from a script", "Bo", "running")
            assert before.network.layers == (Flatten(), Dense(units=10, activation="softmax"))
            events: list[AnyEvent] = [event for _, event in lab.runs.events(run.id)]
            assert isinstance(events[0], Started) and events[0].epochs == 100_000
            assert all(isinstance(event, Epoch | Batch) for event in events[1:])
            # A Lab that starts meanwhile leaves it alone.
            second = Lab(lab.settings, start_engine=False)
            assert second.runs.get(run.id).state == "running"
            second.close()
            assert lab.runs.get(run.id).state == "running"
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    third = Lab(lab.settings, start_engine=False)
    assert third.runs.get(run.id).state == "interrupted"
    assert third.snapshots.of(run.id)
    third.close()


def test_a_script_that_ends_well_and_one_that_does_not(lab: Lab) -> None:
    with script(lab, 2) as process:
        assert process.wait(300) == 0
    assert only(lab).state == "finished"
    with script(lab, 5, fails=2) as process:
        assert process.wait(300) == 3
    run = lab.runs.all()[0]
    assert (run.state, run.epochs_done) == ("interrupted", 2)
    assert not any(isinstance(event, Finished) for _, event in lab.runs.events(run.id))


def test_no_warnings_of_its_own(lab: Lab) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fit(recorder_of(lab))
    assert [one for one in said if "CNN Lab" in str(one.message)] == []


def test_a_script_trains_on_an_image_set(lab: Lab, tmp_path: Path) -> None:
    """On its arrays, as `load` gives them; the Lab knows the classes."""
    files = {f"{n}/{k}.png": png(100 * n + k) for n in range(10) for k in range(4)}
    made = lab.image_sets.create(zip_file(tmp_path / "ten.zip", files), name="Ten")
    images = lab.image_sets.load(made.id)
    recorder = Recorder("mine", home=lab.settings.home, dataset=made.id)
    data = images.x_train / 255, images.y_train
    model_of().fit(*data, validation_data=data, epochs=1, verbose=0, callbacks=[recorder])
    (run,) = lab.runs.all()
    assert (run.state, run.dataset.title, run.dataset.digest) == ("finished", "Ten", made.digest)
    assert lab.datasets.since(run) == "same"
