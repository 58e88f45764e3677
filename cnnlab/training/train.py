"""Train a network: a blocking function that reports typed events and follows a `Control`. Needs TensorFlow.

It does not depend on the Lab, its engine or its store, so scripts and notebooks can call it. Checkpoints, snapshots and
the best weights are written to the folder that the caller names.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from cnnlab.datasets import Dataset, scaled
from cnnlab.network.build import build
from cnnlab.network.precision import Precision, has_bfloat16
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Summary, check
from cnnlab.network.transfer import computed_once
from cnnlab.settings import Settings
from cnnlab.training import augment, class_weights, drawings_file, probe_images, snapshots
from cnnlab.training.callbacks.diagnostics import Diagnostics
from cnnlab.training.callbacks.early_stopping import ResumableEarlyStopping
from cnnlab.training.callbacks.learning_rate import LearningRate, ResumableReduceLROnPlateau
from cnnlab.training.callbacks.reporting import AnswersReporter, OnEvent, Reporter, SnapshotKeeper, Stopped, weights_of
from cnnlab.training.callbacks.run_control import RunControl
from cnnlab.training.checkpoint import Checkpoint
from cnnlab.training.compile_model import compile_model
from cnnlab.training.control import Control
from cnnlab.training.events import AnyEvent, Epoch, Finished, Reason, Started
from cnnlab.training.frozen_features import Rest
from cnnlab.training.initial_state import NO_INITIAL_STATE, InitialState, set_weights
from cnnlab.training.spec import Augmentation, TrainingSpec
from cnnlab.training.split import Split, split


@dataclass(frozen=True)
class Trained:
    """The result of `train`: the model with the kept weights, and every epoch as it was reported."""

    model: keras.Sequential
    epochs: tuple[Epoch, ...]
    reason: Reason


def train(
    network: NetworkSpec,
    training: TrainingSpec,
    dataset: Dataset,
    on_event: OnEvent = lambda event: None,
    control: Callable[[], Control] = Control,
    *,
    folder: Path | None = None,
    initial: InitialState = NO_INITIAL_STATE,
    max_parameters: int = Settings.max_parameters,
    summary: Summary | None = None,
) -> Trained:
    """Train `network` on `dataset` with the settings `training`.

    Args:
        dataset: one that `datasets.load` returns, or a `Dataset` of your own, under any name.
        on_event: called with each event, from the training thread; a few times per second.
        control: called after every batch to get the requests to the run; must be fast.
        folder: the folder for checkpoints. If it has a checkpoint of this run, the run is resumed, and its last epoch
            is reported again (with the same key). Drawings named by `training` are read from it
            (`drawings_file.FILE`). None: nothing is stored.
        initial: the initial weights and additional training images.
        max_parameters: larger networks are refused.
        summary: the result of `check` for this network and dataset, if known.

    Raises:
        DatasetError: the arrays of a dataset of your own are not as `Dataset` describes them.
        NetworkError: the network cannot be built or does not fit the dataset.
        TrainingError: there are fewer images than requested, no drawings, or drawings that do not fit; or the initial
            state does not fit, or is missing although the network starts from another one (`network.start`).
    """
    drawings_file.check(training)
    dataset = dataset.checked()
    summary = summary or check(network, dataset.input_shape, dataset.classes, max_parameters)
    images = split(dataset, training)
    with tempfile.TemporaryDirectory() as temporary:
        folder = folder or Path(temporary)
        if training.drawings:
            images = images.add_images(*drawings_file.read(folder))
        images = initial.add_to(images, dataset.classes)
        done = Checkpoint.read(folder)
        # The seed depends on the number of finished epochs, so that a resumed run is reproducible too.
        keras.utils.set_random_seed(training.seed + len(done.epochs))
        steps = images.steps(training.batch_size)
        precision: Precision = training.precision if has_bfloat16() else "float32"
        model = done.load(folder)
        if model is None:
            model = build(network, precision)
            set_weights(model, network, initial.weights)
            compile_model(model, training, steps)
        probe_images.save(folder, dataset)
        on_event(
            Started(
                epochs=training.epochs,
                steps=steps,
                train_images=len(images.x_train),
                validation_images=len(images.x_validation),
                parameters=summary.parameters,
                resumed_epoch=len(done.epochs),
                precision=precision,
            )
        )
        if done.epochs:
            on_event(done.epochs[-1])
        count, augmented = len(images.x_train) + len(images.x_validation), training.augmentation != Augmentation()
        once = computed_once(network, summary, count, augmented)
        rest = Rest(model, once, training, steps) if once else None
        return _fit(
            model, rest, training, dataset, images, done=done, folder=folder, on_event=on_event, control=control
        )


def _fit(
    model: keras.Sequential,
    rest: Rest | None,
    training: TrainingSpec,
    dataset: Dataset,
    images: Split,
    *,
    done: Checkpoint,
    folder: Path,
    on_event: OnEvent,
    control: Callable[[], Control],
) -> Trained:
    reason: Reason = "done"
    stopping = ResumableEarlyStopping(training.patience, done.epochs)
    stopping.set_model(model)
    stopping.on_train_begin()
    steps = images.steps(training.batch_size)

    def save_first(event: AnyEvent) -> None:
        # Save the checkpoint before the report, so that a reported epoch is never trained again.
        nonlocal done
        if isinstance(event, Epoch):
            done = done.save_epoch(folder, model, event, _keeps_best(training))
        on_event(event)

    reporter = Reporter(save_first, len(images.x_train), training.batch_size)
    run_control = RunControl(control, on_event, reporter, LearningRate(model, training, steps), steps)
    callbacks = [
        *([stopping] if training.early_stopping else []),
        *(
            [ResumableReduceLROnPlateau(training, done.epochs, on_event)]
            if training.reduce_on_plateau and training.schedule == "constant"
            else []
        ),
        reporter,
        AnswersReporter(scaled(dataset.x_test[: probe_images.COUNT]), on_event),
        *([Diagnostics(on_event, reporter, training, images, dataset.classes, rest)] if training.watch else []),
        SnapshotKeeper(folder, snapshots.plan_moments(training, steps, model.count_params()), len(done.epochs)),
        run_control,
    ]
    ended_before = len(done.epochs) == training.epochs or (training.early_stopping and stopping.stopped_epoch > 0)
    if not ended_before:
        try:
            arguments = _data(training, images, dataset.classes, len(done.epochs), rest, run_control.check_stop)
            (rest or model).fit(
                **arguments,
                epochs=training.epochs,
                initial_epoch=len(done.epochs),
                validation_batch_size=training.batch_size,
                callbacks=callbacks,
                verbose=0,
            )
        except Stopped:
            reason = "stopped"
            # Restore the weights of the last finished epoch, to which the reported metrics belong.
            model = done.load(folder) or model
        if run_control.stopped:
            reason = "stopped"
    if training.early_stopping and stopping.stopped_epoch > 0:
        reason = "early"
    kept = len(done.epochs)
    if _keeps_best(training) and training.restore_best_weights and done.epochs:
        model.load_weights(folder / done.best_file)
        kept = done.best.epoch
    if kept:
        # A run that is stopped within the first epoch has no weights worth a snapshot.
        snapshots.make_room(folder, snapshots.Moment(kept), model.count_params())
        snapshots.save_if_missing(folder, snapshots.Moment(kept), weights_of(model))
    on_event(Finished(reason=reason, kept_epoch=kept))
    return Trained(model, done.epochs, reason)


def _data(
    training: TrainingSpec,
    images: Split,
    classes: int,
    epochs_done: int,
    rest: Rest | None,
    between: Callable[[], None],
) -> dict[str, Any]:
    """Return the data for `fit`: arrays of images, or of features for `rest`; or augmented batches.

    Args:
        epochs_done: how many epochs were trained before.
        between: called now and then while features are computed; may raise to stop.
    """
    x, x_validation = scaled(images.x_train), scaled(images.x_validation)
    y, y_validation = (_labels(labels, classes, training) for labels in (images.y_train, images.y_validation))
    weights = class_weights.balanced(images.y_train, classes) if training.class_weights == "balanced" else None
    if training.augmentation != Augmentation():
        batches = augment.batches(x, y, training, epochs_done)
        data = {"x": batches, "shuffle": False}
    else:
        if rest:
            x, x_validation = (rest.features(part, between) for part in (x, x_validation))
        data = {"x": x, "y": y, "batch_size": training.batch_size}
    return {**data, "validation_data": (x_validation, y_validation), "class_weight": weights}


def _keeps_best(training: TrainingSpec) -> bool:
    return training.save_best or (training.early_stopping and training.restore_best_weights)


def _labels(labels: np.ndarray, classes: int, training: TrainingSpec) -> np.ndarray:
    if training.loss == "categorical_crossentropy":
        return np.asarray(np.eye(classes, dtype=np.float32)[labels])
    return labels
