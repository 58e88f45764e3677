"""Run networks on single images in the inference worker. Needs TensorFlow.

Arguments and results are plain values, so that the server does not import TensorFlow when it unpickles them. Specs are
JSON, and a moment (a snapshot of a run) is a pair of epoch and step.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cnnlab import datasets
from cnnlab.datasets import scaled
from cnnlab.errors import DatasetError
from cnnlab.evaluation.metrics import accuracy
from cnnlab.evaluation.not_finite import not_finite
from cnnlab.export import live_network
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import snapshots
from cnnlab.vision import attribution
from cnnlab.vision.feature_maps import TracedNetwork
from cnnlab.vision.filter_edits import FilterEdit, edited

SURGERY_IMAGES = 1000
"""Test images for the accuracy of a changed network; always the same ones."""
ACTIVITY_IMAGES = 500
"""Test images for which a feature map must be zero to count as dead; always the first ones."""
ROUNDING_IMAGES = 200
"""Test images on which the effect of rounded weights is measured; always the same ones."""
SEARCHED_IMAGES = 5000
"""Training images among which `nearest` searches; always the first ones."""
MAX_FEATURE_VALUES = 32_000_000
"""Maximum number of feature values cached per snapshot (128 MB); enough for `conv-8` with 6,272 per image."""


def feature_maps(network: str, folder: str, moment: tuple[int, int], image: np.ndarray) -> dict[str, np.ndarray]:
    """Return layer name -> its output for `image` float32 (height, width, channels), at that moment."""
    return traced_network(network).feature_maps(load_weights(folder, moment), image)


def active_maps(
    network: str, folder: str, moment: tuple[int, int], dataset: str
) -> tuple[int, dict[str, np.ndarray]] | None:
    """Return which feature maps are not zero for all of the first test images.

    Returns:
        The number of images, and bool (channels,) by the name of each layer with feature maps; None if the dataset is
        not on this computer, or cannot be read.
    """
    written = snapshots.modified_ns(Path(folder), snapshots.Moment(*moment))
    try:
        if not datasets.available(dataset):
            return None
        return _active_maps(network, folder, moment, written, dataset, version(dataset))
    except DatasetError:
        return None


@functools.lru_cache(maxsize=32)
def _active_maps(
    network: str, folder: str, moment: tuple[int, int], written: int, dataset: str, version: str
) -> tuple[int, dict[str, np.ndarray]]:
    """Return the result of `active_maps`; `written` and the dataset's `version` invalidate the cache."""
    images = scaled(load_dataset(dataset).x_test[:ACTIVITY_IMAGES])
    return len(images), traced_network(network).active_maps(load_weights(folder, moment), images)


def probabilities(network: str, folder: str, moment: tuple[int, int], images: np.ndarray) -> np.ndarray:
    """Return the outputs float32 (n, classes) for images float32 (n, height, width, channels).

    Raises:
        CNNLabError: the weights are gone.
        NotFiniteError: an output is NaN or infinite.
    """
    return check_finite(traced_network(network).probabilities(load_weights(folder, moment), images))


def check_finite(outputs: np.ndarray) -> np.ndarray:
    """Return `outputs`; NotFiniteError if one is NaN or infinite."""
    if not np.isfinite(outputs).all():
        raise not_finite("outputs")
    return outputs


def explain(
    network: str, folder: str, moment: tuple[int, int], image: np.ndarray, target: int | None
) -> dict[str, Any]:
    """Explain the network's score of a class for `image` float32 (height, width, channels).

    Args:
        target: the class to explain; None: the predicted class.

    Returns:
        "target"; "probabilities" float32 (classes,); and for the target "grad_cam" (None for a network without feature
        maps), "hires_cam" (None unless Grad-CAM is blank), "saliency" and "occlusion", each float32 (height, width);
        see `attribution`.
    """
    traced, weights, predicted = _predict(network, folder, moment, image)
    target = int(predicted.argmax()) if target is None else target
    has_maps = attribution.maps_layer(traced.network) is not None
    grad_cam = attribution.grad_cam(traced, weights, image, target) if has_maps else None
    blank = grad_cam is not None and not grad_cam.any()
    return {
        "target": target,
        "probabilities": predicted,
        "grad_cam": grad_cam,
        "hires_cam": attribution.hires_cam(traced, weights, image, target) if blank else None,
        "saliency": attribution.saliency(traced, weights, image, target),
        "occlusion": attribution.occlusion(traced, weights, image, target),
    }


def towards(
    network: str, folder: str, moment: tuple[int, int], image: np.ndarray, target: int, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Change `image` step by step until the network predicts `target`; see `attribution.towards`."""
    traced, weights, _predicted = _predict(network, folder, moment, image)
    return attribution.towards(traced, weights, image, target, steps)


def nearest(
    network: str, folder: str, moment: tuple[int, int], dataset: str, image: np.ndarray, count: int
) -> dict[str, Any]:
    """Find the training images whose features in the last hidden layer are most similar to those of `image`.

    Returns:
        "indices" int64 (count,) into the training images, nearest first; their cosine "distances" float32 (count,) in
        0..2; the "images" uint8 (count, height, width, channels); their "labels" int64 (count,); and the number of
        "searched" images: the first `SEARCHED_IMAGES`, or fewer if the layer has very many features.
    """
    traced, weights, _predicted = _predict(network, folder, moment, image)
    written = snapshots.modified_ns(Path(folder), snapshots.Moment(*moment))
    searched = _searched_features(network, folder, moment, written, dataset, version(dataset))
    indices, distances = attribution.nearest(
        attribution.features(traced, weights, image[np.newaxis])[0], searched, count
    )
    data = load_dataset(dataset)
    return {
        "indices": indices,
        "distances": distances,
        "images": data.x_train[indices],
        "labels": data.y_train[indices],
        "searched": len(searched),
    }


@functools.lru_cache(maxsize=2)
def _searched_features(
    network: str, folder: str, moment: tuple[int, int], written: int, dataset: str, version: str
) -> np.ndarray:
    """Return the features (n, k) of the images that `nearest` searches, cached like `_active_maps`."""
    traced, weights = traced_network(network), load_weights(folder, moment)
    images = load_dataset(dataset).x_train
    width = attribution.features(traced, weights, scaled(images[:1])).shape[1]
    count = min(SEARCHED_IMAGES, max(MAX_FEATURE_VALUES // width, 1))
    return attribution.features(traced, weights, scaled(images[:count]))


def _predict(
    network: str, folder: str, moment: tuple[int, int], image: np.ndarray
) -> tuple[TracedNetwork, snapshots.Weights, np.ndarray]:
    """Return the network, its weights, and its outputs for `image`; CNNLabError if they are gone or not finite."""
    traced, weights = traced_network(network), load_weights(folder, moment)
    return traced, weights, check_finite(traced.probabilities(weights, image[np.newaxis]))[0]


def surgery(
    network: str,
    folder: str,
    moment: tuple[int, int],
    edits: Sequence[FilterEdit],
    dataset: str,
    image: np.ndarray,
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Change filters and compare the network before and after.

    Returns:
        The accuracy on `SURGERY_IMAGES` test images before and after, and the outputs for `image` before and after.
    """
    weights, traced = load_weights(folder, moment), traced_network(network)
    data = load_dataset(dataset)
    images = np.concatenate([scaled(data.x_test[:SURGERY_IMAGES]), image[np.newaxis].astype(np.float32)])
    results = []
    for version in (weights, edited(traced.network, weights, edits)):
        predicted = check_finite(traced.probabilities(version, images))
        results.append((accuracy(predicted[:-1], data.y_test[:SURGERY_IMAGES]), predicted[-1]))
    (before, predicted_before), (after, predicted_after) = results
    return before, after, predicted_before, predicted_after


def rounding_change(network: str, folder: str, moment: tuple[int, int], dataset: str) -> float:
    """Return the largest change of a class probability if the weights are rounded to float16, on `ROUNDING_IMAGES`."""
    weights, images = load_weights(folder, moment), scaled(load_dataset(dataset).x_test[:ROUNDING_IMAGES])
    exact, changed = (
        traced_network(network).probabilities(version, images) for version in (weights, live_network.rounded(weights))
    )
    return float(np.abs(exact - changed).max())


@functools.lru_cache(maxsize=8)
def traced_network(network: str) -> TracedNetwork:
    """Return the network of a JSON spec, cached."""
    return TracedNetwork(NetworkSpec.from_json(network))


def load_weights(folder: str, moment: tuple[int, int]) -> snapshots.Weights:
    """Return a run's weights of a moment. The last few are cached."""
    return _read(folder, moment, snapshots.modified_ns(Path(folder), snapshots.Moment(*moment)))


@functools.lru_cache(maxsize=8)
def _read(folder: str, moment: tuple[int, int], written: int) -> snapshots.Weights:
    return snapshots.read(Path(folder), snapshots.Moment(*moment))


def version(dataset: str) -> str:
    """Return what changes when an image set does; the same text for a built-in dataset."""
    return datasets.info(dataset).digest or ""


def load_dataset(name: str) -> datasets.Dataset:
    """Return a dataset; the last one is cached."""
    return _load(name, version(name))


@functools.lru_cache(maxsize=1)
def _load(name: str, version: str) -> datasets.Dataset:
    return datasets.load(name)
