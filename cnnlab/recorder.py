"""Recorder: a Keras callback that shows the training of a script or notebook in the Lab as a live run.

It writes directly to the Lab's folder, so the Lab does not have to be running; a running one shows the run at once.
Needs TensorFlow, like the script itself.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from cnnlab import datasets, settings
from cnnlab.errors import CNNLabError, StoreError, TrainingError, explain_folder
from cnnlab.i18n.marks import N_
from cnnlab.network.summary import check
from cnnlab.runs.annotations import Annotations
from cnnlab.runs.archive_files import RECORDED
from cnnlab.runs.owner_process import process_mark
from cnnlab.runs.run import MAX_NAME, State, one_line
from cnnlab.runs.store import RunStore, new_id
from cnnlab.training import snapshots
from cnnlab.training.callbacks.reporting import Logs, Reporter, SnapshotKeeper
from cnnlab.training.checkpoint import save_final
from cnnlab.training.events import AnyEvent, Finished, Reason, Started
from cnnlab.training.recorded_model import RecordedModel, settings_of
from cnnlab.training.snapshots import Moment, Weights

_ACCURACIES = ("accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy")
"""Possible names of the accuracy among a model's metrics."""


class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
    """Records a training in the Lab: `model.fit(..., callbacks=[cnnlab.Recorder("my digits")])`.

    Put it last in the list, so that it sees the effects of the other callbacks. It never ends a training: where the Lab
    cannot show the model or use its folder, it warns and records nothing; failed writes, such as to a full disk, are
    kept and retried. A run that is stopped in the Lab ends after its current epoch.

    The Lab's pixels are 0 to 1. Which range the script's have is measured on the dataset's test images, after the first
    epoch and at the end, if the dataset is on this computer; the Lab's network then starts with a Rescaling.

    Args:
        name: name of the run in the Lab.
        home: the Lab's folder; None: `CNNLAB_HOME`, or the user's data folder.
        who: the person shown in the Lab's “who” column.
        dataset: name of the dataset in the Lab; its input shape and number of classes must match the model. The Lab
            does not know how the images were split, and treats the test images as the validation set.
        batch_size: the value passed to `fit`, since Keras does not report it to callbacks.
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
        self._close_interrupted()
        try:
            self._run = _Recording(self)
        except CNNLabError as error:
            warnings.warn(f"CNN Lab does not record this training: {error}", stacklevel=2)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._call_each("on_epoch_begin", epoch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call_each("on_train_batch_end", batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._call_each("on_epoch_end", epoch, logs)
        if self._run and self._run.end_epoch(epoch + 1):
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        if self._run:
            self._run.finish()
            self._run = None

    def _call_each(self, name: str, *args: Any) -> None:
        for callback in self._run.callbacks if self._run else ():
            getattr(callback, name)(*args)

    def _close_interrupted(self) -> None:
        """Close the run of a previous `fit` that was ended by an exception."""
        if self._run:
            self._run.close("interrupted")
            self._run = None


class _Recording:
    """Records one call of `fit` as a run in the store."""

    def __init__(self, recorder: Recorder) -> None:
        self._model = recorder.model
        self._recorded = RecordedModel(self._model, recorder._name)
        network = self._recorded.network
        steps = recorder.params.get("steps")
        if not steps:
            raise TrainingError(
                N_("The Recorder needs the number of batches per epoch, but this data does not have a known length."),
                N_("Pass steps_per_epoch to fit, or pass the images as arrays."),
            )
        training = settings_of(self._model, recorder.params["epochs"], recorder._dataset, recorder._batch_size)
        self._dataset = training.checked().dataset
        self._settings = replace(settings.from_environment(), home=recorder._home)
        info = datasets.info(self._dataset, self._settings)
        summary = check(network, info.input_shape, len(info.class_names), self._model.count_params())
        self._store = RunStore(recorder._home)
        self.run, self._pending = new_id(), deque[Callable[[], object]]()
        self._warned, self._stopped, self._epochs_done, self._noted = False, False, 0, ""
        self._epochs = recorder.params["epochs"]
        folder = self._folder = self._store.folder(self.run)
        with explain_folder(recorder._home):
            folder.mkdir(parents=True)
            (folder / RECORDED).touch()
        self._store.create(
            recorder._name, recorder._who, network, training, process_mark(),
            summary=summary, running=True, run=self.run, dataset=info,
        )  # fmt: skip
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
        plan = snapshots.plan_moments(training, steps, self._model.count_params())
        self.callbacks: tuple[keras.callbacks.Callback, ...] = (
            _LenientReporter(self._report, images, recorder._batch_size),
            _PlannedKeeper(folder, plan, self._keep),
        )
        for callback in self.callbacks:
            callback.set_model(self._model)
            callback.on_train_begin()
        atexit.register(self.close, "interrupted")

    def end_epoch(self, epoch: int) -> bool:
        """Record the end of an epoch, and return whether the run was stopped or deleted in the Lab."""
        self._epochs_done = epoch
        if epoch == 1:
            self._measure_pixels()
        try:
            self._stopped = self._store.get(self.run).state == "stopped"
        except StoreError:
            return False
        return self._stopped

    def finish(self) -> None:
        """Report the end of `fit` and save the final model."""
        reason: Reason = "done" if self._epochs_done >= self._epochs else "early"
        self._report(Finished(reason="stopped" if self._stopped else reason, kept_epoch=self._kept_epoch()))
        self._measure_pixels()
        final = self._recorded.final()
        self._write_or_queue(lambda: save_final(self._folder, final))
        self.close("stopped" if self._stopped else "finished")

    def close(self, state: State) -> None:
        """Store the run's final state and close the store."""
        atexit.unregister(self.close)
        self._write_or_queue(lambda: self._store.set_state(self.run, state))
        self._store.close()

    def _kept_epoch(self) -> int:
        """Return the epoch of the model's weights: early stopping may have restored an earlier one."""
        now = self._recorded.weights()
        for moment in reversed(snapshots.moments(self._folder)):
            if not moment.step and _same(now, snapshots.read(self._folder, moment)):
                return moment.epoch
        return self._epochs_done

    def _measure_pixels(self) -> None:
        """Measure which pixels the script has; store the network for the Lab's pixels, and what was measured."""
        with contextlib.suppress(CNNLabError):
            known = datasets.available(self._dataset, self._settings)
            if known and self._recorded.measure(datasets.load(self._dataset, self._settings)):
                network = self._recorded.network
                self._write_or_queue(lambda: self._store.set_network(self.run, network))
        text = "\n".join(one.sentence() for one in self._recorded.notes())
        self._write_or_queue(lambda: self._note(text))

    def _note(self, text: str) -> None:
        """Replace the run's note, unless somebody wrote another one in the Lab."""
        if self._store.get(self.run).note in ("", self._noted):
            Annotations(self._store).note(self.run, text)
            self._noted = text

    def _keep(self, moment: Moment) -> None:
        weights = self._recorded.weights()
        self._write_or_queue(lambda: snapshots.save(self._folder, moment, weights))

    def _report(self, event: AnyEvent) -> None:
        self._write_or_queue(lambda: self._store.append(self.run, event))

    def _write_or_queue(self, action: Callable[[], object]) -> None:
        """Run a write action after all pending ones; if one fails, keep the rest, in order, for the next call."""
        self._pending.append(action)
        try:
            while self._pending:
                self._pending[0]()
                self._pending.popleft()
        except (StoreError, OSError) as error:
            if not self._warned:
                self._warned = True
                warnings.warn(f"CNN Lab cannot record this training: {error}", stacklevel=2)


class _LenientReporter(Reporter):
    """Reports NaN for accuracy or validation metrics that the model does not have."""

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        super().on_train_batch_end(batch, _with_all_metrics(logs))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        super().on_epoch_end(epoch, _with_all_metrics(logs))


def _with_all_metrics(logs: Logs) -> dict[str, float]:
    """Return Keras's logs under the Lab's metric names, with NaN for missing ones."""
    given = logs or {}
    filled = {}
    for prefix in ("", "val_"):
        filled[f"{prefix}loss"] = float(given.get(f"{prefix}loss", math.nan))
        found = (given[prefix + name] for name in _ACCURACIES if prefix + name in given)
        filled[f"{prefix}accuracy"] = float(next(found, math.nan))
    return filled


class _PlannedKeeper(SnapshotKeeper):
    """Calls a function to save the planned snapshots."""

    def __init__(self, folder: Path, plan: frozenset[Moment], keep: Callable[[Moment], None]) -> None:
        super().__init__(folder, plan, 0)
        self._keep_moment = keep

    def _save(self, moment: Moment) -> None:
        if moment in self._plan:
            self._keep_moment(moment)


def _same(one: Weights, other: Weights) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=True) for name in one for a, b in zip(one[name], other[name], strict=True)
    )
