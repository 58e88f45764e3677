"""The functions that run inside a worker. Needs TensorFlow.

They take and give plain values only: what the server unpickles must not make it import TensorFlow, so an exception of
training goes back as an `Outcome` in words.
"""

from __future__ import annotations

import errno
import functools
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from distributed import Variable, get_client, get_worker

from cnnlab import datasets, settings
from cnnlab.datasets import scaled
from cnnlab.engine import names
from cnnlab.engine.names import Outcome
from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import snapshots
from cnnlab.training.callbacks import Control
from cnnlab.training.checkpoint import FINAL, Checkpoint, save_final
from cnnlab.training.events import AnyEvent
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train
from cnnlab.vision.feature_maps import Looker

POLL_SECONDS = 0.5

SURGERY_IMAGES = 1000
"""Test images on which a network is tried after an operation; always the same ones."""
LOOKS = 5
"""How often a model file that vanished while it was opened is looked for again."""


def train_run(run: str, topic: str, folder: str, network: str, training: str) -> Outcome:
    """Train the run `run`; its events go to the Dask topic `topic`, its files to `folder`. Specs are JSON."""
    worker = get_worker()

    def report(event: AnyEvent) -> None:
        worker.log_event(topic, event.model_dump_json())

    place = Path(folder)
    try:
        spec = TrainingSpec.model_validate_json(training)
        place.mkdir(parents=True, exist_ok=True)
        # Of a run that is resumed: from here on, its answers come from its checkpoints.
        (place / FINAL).unlink(missing_ok=True)
        with _wanted(run) as control:
            trained = train(
                NetworkSpec.from_json(network),
                spec,
                _dataset(spec.dataset),
                report,
                control,
                folder=place,
                max_parameters=settings.from_environment().max_parameters,
            )
        save_final(place, trained.model)
    except CNNLabError as error:
        return Outcome(error)
    # The boundary of the process: whatever training raises becomes a failed run with its reason, never a lost one.
    except Exception as error:
        return Outcome(_in_words(error), traceback.format_exc())
    finally:
        keras.backend.clear_session()
    return Outcome()


def _in_words(error: Exception) -> CNNLabError:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return CNNLabError(
            N_("The disk is full: the run's weights could not be written."),
            N_("Free some space (deleting runs helps), then resume the run."),
        )
    if isinstance(error, MemoryError | tf.errors.ResourceExhaustedError):
        return CNNLabError(
            N_("The memory was not enough to train this network."),
            N_("Use a smaller batch, or fewer filters and units."),
        )
    if isinstance(error, OSError):
        return CNNLabError(
            N_("A file of the run could not be read or written ({reason})."),
            N_("Mend the permissions of the Lab's folder, then resume the run."),
            reason=str(error),
        )
    return CNNLabError(
        N_("Training ended with an error that the Lab does not know: {error}."),
        N_("The details below help its developers."),
        error=f"{type(error).__name__}: {str(error)[:300]}",
    )


def feature_maps(network: str, folder: str, moment: tuple[int, int], image: np.ndarray) -> dict[str, np.ndarray]:
    """Layer name -> output for `image` float32 (height, width, channels), with the run's weights of that moment."""
    return _looker(network).feature_maps(snapshots.read(Path(folder), snapshots.Moment(*moment)), image)


def surgery(
    network: str, folder: str, moment: tuple[int, int], cut: tuple[str, int, float], dataset: str, image: np.ndarray
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Accuracy on `SURGERY_IMAGES` test images and the probabilities for `image`, before and after an operation.

    Args:
        cut: layer name, filter, and what its kernel and bias are multiplied by (0: off, -1: sign flipped).
    """
    weights = snapshots.read(Path(folder), snapshots.Moment(*moment))
    data = _dataset(dataset)
    images = np.concatenate([scaled(data.x_test[:SURGERY_IMAGES]), image[np.newaxis].astype(np.float32)])
    layer, index, factor = cut
    changed = {**weights, layer: tuple(_multiplied(array, index, factor) for array in weights[layer])}
    figures = []
    for version in (weights, changed):
        answers = _looker(network).probabilities(version, images)
        right = answers[:-1].argmax(axis=1) == data.y_test[:SURGERY_IMAGES]
        figures.append((float(right.mean()), answers[-1]))
    (before, answer_before), (after, answer_after) = figures
    return before, after, answer_before, answer_after


def _multiplied(array: np.ndarray, index: int, factor: float) -> np.ndarray:
    array = array.copy()
    array[..., index] *= factor
    return array


@functools.lru_cache(maxsize=8)
def _looker(network: str) -> Looker:
    return Looker(NetworkSpec.from_json(network))


@functools.lru_cache(maxsize=1)
def _dataset(name: str) -> datasets.Dataset:
    return datasets.load(name)


@contextmanager
def _wanted(run: str) -> Iterator[Any]:
    """What is wanted of the run, as a function that answers at once; a thread asks the scheduler for it."""
    latest = Control()
    ended = threading.Event()
    worker = get_worker()
    key = worker.get_current_task()
    variable = Variable(names.control(run), client=get_client())

    def poll() -> None:
        nonlocal latest
        while not ended.wait(POLL_SECONDS):
            task = worker.state.tasks.get(key)
            # A task that nobody waits for any more (its server died) is cancelled but not ended by Dask.
            if task is None or task.state == "cancelled":
                latest = Control(stop=True)
                return
            with suppress(TimeoutError):
                latest = Control(**variable.get(timeout="5s"))

    thread = threading.Thread(target=poll, daemon=True, name=f"control of {run}")
    thread.start()
    try:
        yield lambda: latest
    finally:
        ended.set()
        thread.join()


def predict(folder: str, images: np.ndarray) -> np.ndarray:
    """Class probabilities float32 (n, classes) for images float32 (n, height, width, channels) in 0..1."""
    for _ in range(LOOKS):
        path = _newest(Path(folder))
        try:
            predictor = _predictor(str(path), path.stat().st_mtime_ns)
        except (FileNotFoundError, ValueError):
            if path.exists():
                raise
            # The run has just replaced this file by that of its next epoch. (Keras says ValueError.)
            continue
        probabilities: np.ndarray = predictor(images).numpy()
        return probabilities
    raise CNNLabError(N_("This run has no weights yet."), N_("Wait until its first epoch has ended."))


def _newest(folder: Path) -> Path:
    """The file with the run's model: its last checkpoint while it trains, then the final one."""
    final = folder / FINAL
    return final if final.exists() else folder / Checkpoint.read(folder).file


@functools.lru_cache(maxsize=8)
def _predictor(path: str, written: int) -> Any:
    """A traced function for one file's model; `written` tells a new file of the same name from the old one."""
    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    return tf.function(lambda x: model(x, training=False), input_signature=[signature])
