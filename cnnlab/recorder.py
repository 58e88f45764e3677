"""Recorder: a Keras callback with which any `fit` of a script or notebook appears in the Lab as a live run.

It writes straight into the Lab's folder, so that the Lab need not be running; one that is shows the run at once. Needs
TensorFlow, as the script does anyway.
"""

from __future__ import annotations

import atexit
import math
import warnings
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import keras
import numpy as np

from cnnlab import settings
from cnnlab.datasets import DATASETS
from cnnlab.errors import StoreError, TrainingError
from cnnlab.marks import N_
from cnnlab.network.foreign import brief, check_unit, from_keras
from cnnlab.network.keras_file import check_origin
from cnnlab.network.shapes import check, keras_names
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.contents import RECORDED
from cnnlab.runs.process import process_mark
from cnnlab.runs.record import MAX_NAME, State, one_line
from cnnlab.runs.store import RunStore, new_id
from cnnlab.training import snapshots
from cnnlab.training.callbacks import Logs, Reporter, SnapshotKeeper, weights_of
from cnnlab.training.checkpoint import save_final
from cnnlab.training.events import AnyEvent, Finished, Reason, Started
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.spec import Loss, Optimizer, TrainingSpec

_LOSSES = {
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
}
"""Keras's classes of losses by the names of their functions."""
_ACCURACIES = ("accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy")
"""What the accuracy may be called among a model's metrics."""
MOST_EPOCHS, MOST_BATCH = 1000, 10_000
"""Of the settings that the Lab shows; the events have what the script really did."""


class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Shows a training in the Lab: `model.fit(..., callbacks=[cnnlab.Recorder("my digits")])`.

    Put it last, so that it sees what other callbacks do at the end. What it cannot write it keeps, and tries again: a
    training is never ended by a full disk. A run that is stopped in the Lab ends after its present epoch.

    Args:
        name: what the run is called in the Lab.
        home: the Lab's folder; None: that of `CNNLAB_HOME`, or the user's own.
        who: the person in the Lab's “who” column.
        dataset: what it is trained on, by its name in the Lab; its input shape and number of classes have to be the
            model's. The Lab does not know how the images were divided: for it, the test images are the validation.
        batch_size: what is given to `fit`, which does not tell.

    Raises, when training begins:
        NetworkError: the model is not a Sequential of layers that the Lab has, or does not fit the dataset.
        TrainingError: the Lab has no such dataset, optimizer or loss, or the length of an epoch is unknown.
        StoreError: the Lab's folder cannot be written.
    """

    def __init__(
        self, name: str, *, home: Path | str | None = None, who: str = "", dataset: str = "mnist", batch_size: int = 32
    ) -> None:
        super().__init__()
        self._name = one_line(name, MAX_NAME)
        self._home = Path(home).expanduser().absolute() if home else settings.from_environment().home
        self._who = one_line(who, MAX_NAME)
        self._dataset = dataset
        self._batch_size = batch_size
        self._run: _Recording | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        self._leave()
        self._run = _Recording(self)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._each("on_epoch_begin", epoch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._each("on_train_batch_end", batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._each("on_epoch_end", epoch, logs)
        if self._run and self._run.ended_epoch(epoch + 1):
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        if self._run:
            self._run.finish()
            self._run = None

    def _each(self, name: str, *args: Any) -> None:
        for callback in self._run.callbacks if self._run else ():
            getattr(callback, name)(*args)

    def _leave(self) -> None:
        """A `fit` that an exception ended did not come to its end."""
        if self._run:
            self._run.close("interrupted")
            self._run = None


class _Recording:
    """One `fit`: a run in the store, with what writes to it."""

    def __init__(self, recorder: Recorder) -> None:
        self._model = recorder.model
        network = network_of(self._model, recorder._name)
        self._names = {layer.name: name for layer, name in zip(self._model.layers, keras_names(network), strict=True)}
        steps = recorder.params.get("steps")
        if not steps:
            raise TrainingError(
                N_("The Recorder has to know how many batches an epoch has, but this data does not tell."),
                N_("Give steps_per_epoch to fit, or the images as arrays."),
            )
        training = settings_of(self._model, recorder.params["epochs"], recorder._dataset, recorder._batch_size)
        info = DATASETS[training.checked().dataset]
        summary = check(network, info.input_shape, len(info.class_names), self._model.count_params())
        self._store = RunStore(recorder._home)
        self.run, self._waiting = new_id(), deque[Callable[[], None]]()
        self._warned, self._stopped, self._epochs_done = False, False, 0
        self._epochs = recorder.params["epochs"]
        folder = self._folder = self._store.folder(self.run)
        try:
            folder.mkdir(parents=True)
            (folder / RECORDED).touch()
        except OSError as error:
            raise StoreError(
                N_("The Lab's folder {folder} cannot be used ({reason})."),
                N_("Free some space or mend its permissions, or set CNNLAB_HOME to a folder that can be written to."),
                folder=str(recorder._home),
                reason=str(error),
            ) from error
        self._store.create(recorder._name, recorder._who, network, training, process_mark(), running=True, run=self.run)
        images = steps * recorder._batch_size
        self._report(
            Started(
                epochs=self._epochs,
                steps=steps,
                train_images=images,
                validation_images=0,
                parameters=summary.parameters,
            )
        )
        plan = snapshots.planned(training, steps, self._model.count_params())
        self.callbacks: tuple[keras.callbacks.Callback, ...] = (
            _AnyReporter(self._report, images, recorder._batch_size),
            _NamedKeeper(folder, plan, self._keep),
        )
        for callback in self.callbacks:
            callback.set_model(self._model)
            callback.on_train_begin()
        atexit.register(self.close, "interrupted")

    def ended_epoch(self, epoch: int) -> bool:
        """Note that an epoch has ended; whether the run was stopped, or deleted, in the Lab meanwhile."""
        self._epochs_done = epoch
        try:
            self._stopped = self._store.get(self.run).state == "stopped"
        except StoreError:
            return False
        return self._stopped

    def finish(self) -> None:
        """`fit` has come to its end."""
        reason: Reason = "done" if self._epochs_done >= self._epochs else "early"
        self._report(Finished(reason="stopped" if self._stopped else reason, kept_epoch=self._kept_epoch()))
        self._try(lambda: save_final(self._folder, self._model))
        self.close("stopped" if self._stopped else "finished")

    def close(self, state: State) -> None:
        """Write down how it ended."""
        atexit.unregister(self.close)
        self._try(lambda: self._store.set_state(self.run, state))
        self._store.close()

    def _kept_epoch(self) -> int:
        """The epoch whose weights the model has now: early stopping may have gone back to an earlier one."""
        now = self._weights()
        for moment in reversed(snapshots.moments(self._folder)):
            if not moment.step and _same(now, snapshots.read(self._folder, moment)):
                return moment.epoch
        return self._epochs_done

    def _weights(self) -> Weights:
        """By the names that the Lab gives the layers, whatever the script calls them."""
        return {self._names[layer]: arrays for layer, arrays in weights_of(self._model).items()}

    def _keep(self, moment: Moment) -> None:
        weights = self._weights()
        self._try(lambda: snapshots.keep(self._folder, moment, weights))

    def _report(self, event: AnyEvent) -> None:
        self._try(lambda: self._store.append(self.run, event))

    def _try(self, action: Callable[[], None]) -> None:
        """Write something; what cannot be written waits, in order, for the next time."""
        self._waiting.append(action)
        try:
            while self._waiting:
                self._waiting[0]()
                self._waiting.popleft()
        except (StoreError, OSError) as error:
            if not self._warned:
                self._warned = True
                warnings.warn(f"CNN Lab cannot write down this training: {error}", stacklevel=2)


class _AnyReporter(Reporter):
    """Reports also where the model has no metric of accuracy, or no validation: as no number."""

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        super().on_train_batch_end(batch, _filled(logs))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        super().on_epoch_end(epoch, _filled(logs))


def _filled(logs: Logs) -> dict[str, float]:
    """Keras's figures under the names that the Lab knows."""
    given = logs or {}
    filled = {}
    for prefix in ("", "val_"):
        filled[f"{prefix}loss"] = float(given.get(f"{prefix}loss", math.nan))
        found = (given[prefix + name] for name in _ACCURACIES if prefix + name in given)
        filled[f"{prefix}accuracy"] = float(next(found, math.nan))
    return filled


class _NamedKeeper(SnapshotKeeper):
    """Has the planned moments kept by somebody else."""

    def __init__(self, folder: Path, plan: frozenset[Moment], keep: Callable[[Moment], None]) -> None:
        super().__init__(folder, plan, 0)
        self._keep_moment = keep

    def _keep(self, moment: Moment) -> None:
        if moment in self._plan:
            self._keep_moment(moment)


def _same(one: Weights, other: Weights) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=True) for name in one for a, b in zip(one[name], other[name], strict=True)
    )


def network_of(model: keras.Model, name: str = "") -> NetworkSpec:
    """A model's network as the Lab knows it.

    Raises:
        NetworkError: the Lab has no such network; the error says at which layer, and why.
    """
    description = {**keras.saving.serialize_keras_object(model), "compile_config": None}
    network = from_keras(description, name)
    check_origin(description)
    check_unit(network)
    return network


def settings_of(model: keras.Model, epochs: int, dataset: str, batch_size: int) -> TrainingSpec:
    """How a compiled model is trained, as far as it can be asked.

    Raises:
        TrainingError: the Lab has no such optimizer or loss.
    """
    optimizer, loss = type(model.optimizer).__name__, model.loss
    loss = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    loss = _LOSSES.get(loss, loss)
    for received, known in ((optimizer, get_args(Optimizer)), (loss, get_args(Loss))):
        if received not in known:
            raise TrainingError(
                N_("The Recorder cannot show a training with “{received}”; expected one of {known}."),
                N_("Compile the model with one of these."),
                received=brief(received),
                known=", ".join(known),
            )
    rate = float(model.optimizer.learning_rate)
    training = TrainingSpec(
        dataset=dataset,
        validation="test",
        optimizer=optimizer,
        # A schedule that warms up begins with zero; what the rate was is in every epoch's report.
        learning_rate=min(max(rate, 1e-9), 100.0),
        batch_size=min(batch_size, MOST_BATCH),
        epochs=min(epochs, MOST_EPOCHS),
        loss=loss,
        snapshots="epochs",
    )
    return training.replace(**{name: getattr(model.optimizer, name) or 0.0 for name in training.optimizer_arguments})
