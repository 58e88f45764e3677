"""Evaluate networks in the inference worker: predictions for many images, and projections of their features.

Needs TensorFlow. As in `inference`, arguments and results are plain values, specs are JSON, and a moment is a pair of
epoch and step. Results are cached.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np

from cnnlab.datasets import scaled
from cnnlab.engine.worker import inference
from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import class_indices, split
from cnnlab.vision import attribution

ImageSet = Literal["validation", "test"]
Method = Literal["pca", "tsne"]

CHUNK_SIZE = 1000
"""Images converted to float32 at once; all images of a large set would take hundreds of megabytes."""
MAX_PROJECTED: Mapping[Method, int] = MappingProxyType({"pca": 10_000, "tsne": 2_000})
"""Maximum number of images per method; t-SNE's cost grows faster than their number."""
MIN_PROJECTED = 3
RANDOM_STATE = 42
ROUNDING_SHARE = 1e-5
"""Features that differ by less than this share of the largest one are equal up to rounding."""
PERPLEXITY = 30.0
"""t-SNE's default: roughly the number of neighbors considered. Must be less than the number of images."""


def evaluate(
    network: str, folder: str, moment: tuple[int, int], which: ImageSet, dataset: str, training: str
) -> dict[str, np.ndarray]:
    """Predict a run's validation images, or a dataset's test images.

    Test images of the training dataset are limited to the classes that the network was trained on.

    Args:
        which: "validation" uses the same images as training with these settings.
        dataset: its name.
        training: the settings as JSON: they determine the validation split and the classes.

    Returns:
        The outputs ("probabilities") float32 (n, classes), "losses" float32 (n,), "labels" int64 (n,), and "indices"
        int64 (n,) into the dataset's test images or, for a validation split, into its training images.

    Raises:
        CNNLabError: the weights of that moment are gone, or the dataset cannot be loaded.
        NotFiniteError: an output is NaN or infinite.
    """
    written = snapshots.modified_ns(Path(folder), Moment(*moment))
    return _cached_evaluation(network, folder, moment, written, which, dataset, inference.version(dataset), training)


@functools.lru_cache(maxsize=16)
def _cached_evaluation(
    network: str,
    folder: str,
    moment: tuple[int, int],
    written: int,
    which: ImageSet,
    dataset: str,
    version: str,
    training: str,
) -> dict[str, np.ndarray]:
    """Cached part of `evaluate`; `written` and the dataset's `version` invalidate the cache."""
    data, settings = inference.load_dataset(dataset), TrainingSpec.model_validate_json(training)
    if which == "validation":
        parts = split(data, settings)
        images, labels, indices = parts.x_validation, parts.y_validation, parts.validation_indices
    else:
        own = dataset == settings.dataset
        indices = class_indices(data.y_test, settings, 1) if own else np.arange(len(data.y_test))
        images, labels = data.x_test[indices], data.y_test[indices]
    outputs, losses = predict(network, folder, moment, images, labels)
    return {"probabilities": outputs, "losses": losses, "labels": labels, "indices": indices}


def predict(
    network: str, folder: str, moment: tuple[int, int], images: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs float32 (n, classes) and the losses float32 (n,); NotFiniteError if an output is not finite.

    Args:
        images: uint8 (n, height, width, channels), n >= 1.
        labels: the true classes, integers (n,).
    """
    weights = inference.load_weights(folder, moment)
    traced = inference.traced_network(network)
    parts = [
        traced.outputs_and_losses(weights, scaled(part), truth)
        for part, truth in zip(_chunks(images), _chunks(labels), strict=True)
    ]
    outputs, losses = (np.concatenate(found) for found in zip(*parts, strict=True))
    return inference.check_finite(outputs), losses


def project(network: str, folder: str, moment: tuple[int, int], images: np.ndarray, method: Method) -> np.ndarray:
    """Project the features of the last hidden layer to two dimensions, so that similar images are close together.

    Args:
        images: uint8 (n, height, width, channels).
        method: "pca" (the two directions of largest variance) or "tsne", which keeps neighbors together (van der Maaten
            and Hinton, 2008), but distances between groups mean little.

    Returns:
        Points float32 (n, 2), the same in every call.

    Raises:
        CNNLabError: the weights of that moment are gone, or there are too few or too many images.
        NotFiniteError: the features are NaN or infinite.
    """
    if not MIN_PROJECTED <= len(images) <= MAX_PROJECTED[method]:
        raise CNNLabError(
            N_("A projection needs {least} to {most:,} images; received {count:,}."),
            N_("Choose another number of images."),
            least=MIN_PROJECTED,
            most=MAX_PROJECTED[method],
            count=len(images),
        )
    weights = inference.load_weights(folder, moment)
    traced = inference.traced_network(network)
    features = np.concatenate([attribution.features(traced, weights, scaled(part)) for part in _chunks(images)])
    return _projected(inference.check_finite(features), method)


def _projected(features: np.ndarray, method: Method) -> np.ndarray:
    strongest = np.abs(features).max()
    features = features - features.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = np.abs(features).max()
    # If all features are equal (every unit is dead, or one image is repeated), all points are the same. scikit-learn's
    # t-SNE would divide by zero and crash the worker.
    if scale <= ROUNDING_SHARE * strongest:
        return np.zeros((len(features), 2), np.float32)
    features /= scale
    if features.shape[1] == 1:
        features = np.concatenate([features, np.zeros_like(features)], axis=1)
    # Imported here so that the worker starts faster.
    if method == "pca":
        from sklearn.decomposition import PCA

        return np.asarray(PCA(2, random_state=RANDOM_STATE).fit_transform(features) * scale, np.float32)
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    return np.asarray(TSNE(2, perplexity=perplexity, random_state=RANDOM_STATE).fit_transform(features), np.float32)


def _chunks(values: np.ndarray) -> list[np.ndarray]:
    return [values[start : start + CHUNK_SIZE] for start in range(0, len(values), CHUNK_SIZE)]
