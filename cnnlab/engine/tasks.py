"""The functions that run inside a worker. Needs TensorFlow.

They take and give plain values only: what the server unpickles must not make it import TensorFlow, so an exception of
training goes back as an `Outcome` in words.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import gc
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import psutil
import tensorflow as tf
from distributed import get_worker

from cnnlab import datasets, settings
from cnnlab.datasets import scaled
from cnnlab.engine.control import wanted
from cnnlab.engine.names import Outcome
from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import beginning, memory, snapshots
from cnnlab.training.checkpoint import FINAL, Checkpoint, save_final
from cnnlab.training.events import AnyEvent
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train
from cnnlab.vision import attribution
from cnnlab.vision.feature_maps import Looker

SURGERY_IMAGES = 1000
"""Test images on which a network is tried after an operation; always the same ones."""
NEIGHBOURS = 5000
"""Training images among which the most alike are searched; always the first ones."""
MOST_FEATURES = 32_000_000
"""Numbers kept of them for one moment (128 MB); `conv-8`, whose last layer sees 6,272 of each image, just fits."""
LOOKS = 5
"""How often a model file that vanished while it was opened is looked for again."""


def train_run(run: str, topic: str, folder: str, network: str, training: str) -> Outcome:
    """Train the run `run`; its events go to the Dask topic `topic`, its files to `folder`. Specs are JSON."""
    outcome = _train(run, topic, Path(folder), network, training)
    keras.backend.clear_session()
    gc.collect()
    _hand_back()
    return replace(outcome, worker=get_worker().address, memory=psutil.Process().memory_info().rss)


def _train(run: str, topic: str, folder: Path, network: str, training: str) -> Outcome:
    worker = get_worker()

    def report(event: AnyEvent) -> None:
        worker.log_event(topic, event.model_dump_json())

    try:
        layers, spec = NetworkSpec.from_json(network), TrainingSpec.model_validate_json(training)
        memory.check(layers, spec)
        folder.mkdir(parents=True, exist_ok=True)
        # Of a run that is resumed: from here on, its answers come from its checkpoints.
        (folder / FINAL).unlink(missing_ok=True)
        with wanted(run) as control:
            trained = train(
                layers,
                spec,
                dataset_of(spec.dataset),
                report,
                control,
                folder=folder,
                beginning=beginning.read(folder),
                max_parameters=settings.from_environment().max_parameters,
            )
        save_final(folder, trained.model)
    except CNNLabError as error:
        return Outcome(error)
    # The boundary of the process: whatever training raises becomes a failed run with its reason, never a lost one.
    except Exception as error:
        return Outcome(_in_words(error), traceback.format_exc())
    return Outcome()


def _hand_back() -> None:
    """Give freed memory back to the system, where the C library keeps it (glibc); elsewhere there is nothing to do."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


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
    return looker_of(network).feature_maps(weights_of(folder, moment), image)


def probabilities(network: str, folder: str, moment: tuple[int, int], images: np.ndarray) -> np.ndarray:
    """Class probabilities float32 (n, classes) for images float32 (n, height, width, channels), at that moment."""
    return looker_of(network).probabilities(weights_of(folder, moment), images)


def explain(
    network: str, folder: str, moment: tuple[int, int], image: np.ndarray, target: int | None
) -> dict[str, Any]:
    """Why the network answers as it does for `image` float32 (height, width, channels), at that moment.

    Args:
        target: the class to speak of; None: the network's first guess.

    Returns:
        "target"; "probabilities" float32 (classes,); and for the target "grad_cam" (None for a network without feature
        maps), "saliency" and "occlusion", each float32 (height, width), as in `attribution`.
    """
    looker, weights, answer = _answered(network, folder, moment, image)
    target = int(answer.argmax()) if target is None else target
    has_maps = attribution.maps_layer(looker.network) is not None
    return {
        "target": target,
        "probabilities": answer,
        "grad_cam": attribution.grad_cam(looker, weights, image, target) if has_maps else None,
        "saliency": attribution.saliency(looker, weights, image, target),
        "occlusion": attribution.occlusion(looker, weights, image, target),
    }


def towards(
    network: str, folder: str, moment: tuple[int, int], image: np.ndarray, target: int, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """The way from `image` to what the network takes for `target` at that moment; see `attribution.towards`."""
    looker, weights, _answer = _answered(network, folder, moment, image)
    return attribution.towards(looker, weights, image, target, steps)


def nearest(
    network: str, folder: str, moment: tuple[int, int], dataset: str, image: np.ndarray, count: int
) -> dict[str, Any]:
    """The training images that look most like `image` to the last layer of the network, at that moment.

    Returns:
        "indices" int64 (count,) into the training images, nearest first; their cosine "distances" float32 (count,) in
        0..2; the "images" uint8 (count, height, width, channels), their "labels" int64 (count,), and among how many
        images they were "searched": the first `NEIGHBOURS`, or fewer where the last layer sees very many numbers.
    """
    looker, weights, _answer = _answered(network, folder, moment, image)
    written = snapshots.written(Path(folder), snapshots.Moment(*moment))
    many = _neighbours(network, folder, moment, written, dataset)
    indices, distances = attribution.nearest(attribution.features(looker, weights, image[np.newaxis])[0], many, count)
    data = dataset_of(dataset)
    return {
        "indices": indices,
        "distances": distances,
        "images": data.x_train[indices],
        "labels": data.y_train[indices],
        "searched": len(many),
    }


@functools.lru_cache(maxsize=2)
def _neighbours(network: str, folder: str, moment: tuple[int, int], written: int, dataset: str) -> np.ndarray:
    """The features (n, k) of the images that `nearest` searches; `written` tells weights from later ones."""
    looker, weights = looker_of(network), weights_of(folder, moment)
    images = dataset_of(dataset).x_train
    width = attribution.features(looker, weights, scaled(images[:1])).shape[1]
    count = min(NEIGHBOURS, max(MOST_FEATURES // width, 1))
    return attribution.features(looker, weights, scaled(images[:count]))


def _answered(
    network: str, folder: str, moment: tuple[int, int], image: np.ndarray
) -> tuple[Looker, snapshots.Weights, np.ndarray]:
    """The network, its weights, and the class probabilities for `image`.

    Raises:
        CNNLabError: the weights are gone, or give no numbers, so that there is nothing to explain.
    """
    looker, weights = looker_of(network), weights_of(folder, moment)
    answer = looker.probabilities(weights, image[np.newaxis])[0]
    if not np.isfinite(answer).all():
        raise CNNLabError(
            N_("At this moment the network gives no numbers any more: its training has gone astray."),
            N_("Choose an earlier moment, or train it with a smaller learning rate."),
        )
    return looker, weights, answer


def surgery(
    network: str, folder: str, moment: tuple[int, int], cut: tuple[str, int, float], dataset: str, image: np.ndarray
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Accuracy on `SURGERY_IMAGES` test images and the probabilities for `image`, before and after an operation.

    Args:
        cut: layer name, filter, and what its kernel and bias are multiplied by (0: off, -1: sign flipped).
    """
    weights = weights_of(folder, moment)
    data = dataset_of(dataset)
    images = np.concatenate([scaled(data.x_test[:SURGERY_IMAGES]), image[np.newaxis].astype(np.float32)])
    layer, index, factor = cut
    changed = {**weights, layer: tuple(_multiplied(array, index, factor) for array in weights[layer])}
    figures = []
    for version in (weights, changed):
        answers = looker_of(network).probabilities(version, images)
        right = answers[:-1].argmax(axis=1) == data.y_test[:SURGERY_IMAGES]
        figures.append((float(right.mean()), answers[-1]))
    (before, answer_before), (after, answer_after) = figures
    return before, after, answer_before, answer_after


def _multiplied(array: np.ndarray, index: int, factor: float) -> np.ndarray:
    array = array.copy()
    array[..., index] *= factor
    return array


@functools.lru_cache(maxsize=8)
def looker_of(network: str) -> Looker:
    return Looker(NetworkSpec.from_json(network))


def weights_of(folder: str, moment: tuple[int, int]) -> snapshots.Weights:
    """A run's weights of a moment. The last few are kept, so that the same network asked again answers at once."""
    return _read(folder, moment, snapshots.written(Path(folder), snapshots.Moment(*moment)))


@functools.lru_cache(maxsize=8)
def _read(folder: str, moment: tuple[int, int], written: int) -> snapshots.Weights:
    return snapshots.read(Path(folder), snapshots.Moment(*moment))


@functools.lru_cache(maxsize=1)
def dataset_of(name: str) -> datasets.Dataset:
    return datasets.load(name)


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
