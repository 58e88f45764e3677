"""Train a network: a blocking function that reports typed events and obeys a control. Needs TensorFlow.

It knows nothing of the Lab, its engine or its store: a script or notebook can call it as it is. What is written to
disk, the last epoch's checkpoint and the best weights, goes to the folder that the caller names.
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
from cnnlab.network.build import build, compile_model
from cnnlab.network.shapes import check
from cnnlab.network.spec import NetworkSpec
from cnnlab.settings import Settings
from cnnlab.training import answered, augment, drawn, snapshots
from cnnlab.training.beginning import NOTHING, Beginning, set_weights
from cnnlab.training.callbacks import AnswersReporter, OnEvent, Reporter, SnapshotKeeper, Stopped, weights_of
from cnnlab.training.checkpoint import Checkpoint
from cnnlab.training.control import Control
from cnnlab.training.events import AnyEvent, Epoch, Finished, Reason, Started
from cnnlab.training.obedience import Obedience
from cnnlab.training.precision import has_bfloat16
from cnnlab.training.rate import Rate, ResumableReduction
from cnnlab.training.spec import Augmentation, Precision, TrainingSpec
from cnnlab.training.split import Split, split
from cnnlab.training.watching import Watcher


@dataclass(frozen=True)
class Trained:
    """What `train` gives back: the model with the kept weights, and every epoch as it was reported."""

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
    beginning: Beginning = NOTHING,
    max_parameters: int = Settings.max_parameters,
) -> Trained:
    """Train `network` on `dataset` as `training` says.

    Args:
        on_event: called with each event, from the training thread; a few a second.
        control: asked after every batch what is wanted of the run; must be quick.
        folder: where checkpoints are kept. One that holds a checkpoint of this run is gone on from, and its last
            epoch is reported again (with the same key). The drawings that `training` names are read from it
            (`drawn.FILE`). None: nothing is kept.
        beginning: the weights to begin with, and images to learn from besides.
        max_parameters: larger networks are refused.

    Raises:
        NetworkError: the network cannot be built or does not fit the dataset.
        TrainingError: more images are asked for than there are, or drawings where there are none, or that do not fit;
            or the beginning does not fit.
    """
    drawn.check(training)
    summary = check(network, dataset.input_shape, dataset.classes, max_parameters)
    images = split(dataset, training)
    with tempfile.TemporaryDirectory() as unkept:
        folder = folder or Path(unkept)
        if training.drawings:
            images = images.with_more(*drawn.read(folder))
        images = beginning.added_to(images, dataset.classes)
        done = Checkpoint.read(folder)
        # What is drawn at random depends on the epoch begun with, so that a resumed run is repeatable too.
        keras.utils.set_random_seed(training.seed + len(done.epochs))
        steps = images.steps(training.batch_size)
        precision: Precision = training.precision if has_bfloat16() else "float32"
        model = done.load(folder)
        if model is None:
            model = build(network, precision)
            set_weights(model, beginning.weights)
            compile_model(model, training, steps)
        answered.keep(folder, dataset)
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
        return _fit(model, training, dataset, images, done=done, folder=folder, on_event=on_event, control=control)


def _fit(
    model: keras.Sequential,
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
    stopping = _ResumableEarlyStopping(training.patience, done.epochs)
    stopping.set_model(model)
    stopping.on_train_begin()
    steps = images.steps(training.batch_size)

    def kept_first(event: AnyEvent) -> None:
        # The checkpoint comes before the report: what was reported is never trained again.
        nonlocal done
        if isinstance(event, Epoch):
            done = done.then(folder, model, event, _keeps_best(training))
        on_event(event)

    reporter = Reporter(kept_first, len(images.x_train), training.batch_size)
    obedience = Obedience(control, on_event, reporter, Rate(model, training, steps), steps)
    callbacks = [
        *([stopping] if training.early_stopping else []),
        *(
            [ResumableReduction(training, done.epochs, on_event)]
            if training.reduce_on_plateau and training.schedule == "constant"
            else []
        ),
        reporter,
        AnswersReporter(scaled(dataset.x_test[: answered.COUNT]), on_event),
        *([Watcher(on_event, reporter, training, images, dataset.classes)] if training.watch else []),
        SnapshotKeeper(folder, snapshots.planned(training, steps, model.count_params()), len(done.epochs)),
        obedience,
    ]
    ended_before = len(done.epochs) == training.epochs or (training.early_stopping and stopping.stopped_epoch > 0)
    if not ended_before:
        try:
            model.fit(
                **_training_data(training, images, dataset.classes, len(done.epochs)),
                epochs=training.epochs,
                initial_epoch=len(done.epochs),
                validation_data=(scaled(images.x_validation), _labels(images.y_validation, dataset.classes, training)),
                validation_batch_size=training.batch_size,
                callbacks=callbacks,
                verbose=0,
            )
        except Stopped:
            reason = "stopped"
            # The weights of the last whole epoch, to which the reported figures belong.
            model = done.load(folder) or model
        if obedience.stopped:
            reason = "stopped"
    if training.early_stopping and stopping.stopped_epoch > 0:
        reason = "early"
    kept = len(done.epochs)
    if _keeps_best(training) and training.restore_best_weights and done.epochs:
        model.load_weights(folder / done.best_file)
        kept = done.best.epoch
    if kept:
        # Stopped within the first epoch, the weights are those of no moment.
        snapshots.make_room(folder, snapshots.Moment(kept), model.count_params())
        snapshots.keep_if_new(folder, snapshots.Moment(kept), weights_of(model))
    on_event(Finished(reason=reason, kept_epoch=kept))
    return Trained(model, done.epochs, reason)


def _training_data(training: TrainingSpec, images: Split, classes: int, begun: int) -> dict[str, Any]:
    """What `fit` is given to learn from: the arrays, or batches that are changed at random after `begun` epochs."""
    x, y = scaled(images.x_train), _labels(images.y_train, classes, training)
    if training.augmentation == Augmentation():
        return {"x": x, "y": y, "batch_size": training.batch_size}
    return {"x": augment.batches(x, y, training, begun), "shuffle": False}


def _keeps_best(training: TrainingSpec) -> bool:
    return training.save_best or (training.early_stopping and training.restore_best_weights)


class _ResumableEarlyStopping(keras.callbacks.EarlyStopping):  # type: ignore[misc]
    """Keras's early stopping, which remembers the epochs before the run was interrupted."""

    def __init__(self, patience: int, past: tuple[Epoch, ...]) -> None:
        super().__init__(monitor="val_loss", patience=patience)
        self._past = past

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        super().on_train_begin(logs)
        for epoch in self._past:
            self.on_epoch_end(epoch.epoch - 1, {"val_loss": epoch.val_loss})


def _labels(labels: np.ndarray, classes: int, training: TrainingSpec) -> np.ndarray:
    if training.loss == "categorical_crossentropy":
        return np.asarray(np.eye(classes, dtype=np.float32)[labels])
    return labels
