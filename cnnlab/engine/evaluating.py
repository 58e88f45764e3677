"""The inference worker's functions for evaluation: answers to many images at once, and a map of features.

Needs TensorFlow. As in `tasks`, arguments and results are plain values, specs are JSON, and a moment is a pair of
epoch and step. What was computed is kept for whoever asks next.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np

from cnnlab.datasets import scaled
from cnnlab.engine import tasks
from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import of_classes, split
from cnnlab.vision import attribution

Which = Literal["validation", "test"]
Method = Literal["pca", "tsne"]

MOST_AT_ONCE = 1000
"""So many images are brought to float32 at once: all of a large set's would take hundreds of megabytes."""
MOST_PLACED: Mapping[Method, int] = MappingProxyType({"pca": 10_000, "tsne": 2_000})
"""So many images a method places: what t-SNE needs grows faster than their number."""
LEAST_PLACED = 3
RANDOM_STATE = 42
ALIKE = 1e-5
"""Features that differ by less than this share of the strongest one are alike, but for rounding."""
PERPLEXITY = 30.0
"""t-SNE's usual one: about so many neighbours count. It must be less than the number of images."""


def evaluate(
    network: str, folder: str, moment: tuple[int, int], which: Which, dataset: str, training: str
) -> dict[str, np.ndarray]:
    """The network's answers to a run's validation images, or to a dataset's test images. Of the dataset that it was
    trained on, those of the classes that it was trained on are taken.

    Args:
        which: "validation" takes the same images as the training with these settings did.
        dataset: its name.
        training: the settings, which say how the training images were divided, and the classes.

    Returns:
        "probabilities" float32 (n, classes), "labels" int64 (n,), and "indices" int64 (n,): the images' places
        among the dataset's test images, or, for a validation set that was split off, its training images.

    Raises:
        CNNLabError: the weights of that moment are gone, or the dataset cannot be had.
    """
    written = snapshots.written(Path(folder), Moment(*moment))
    return _evaluated(network, folder, moment, written, which, dataset, training)


@functools.lru_cache(maxsize=16)
def _evaluated(
    network: str, folder: str, moment: tuple[int, int], written: int, which: Which, dataset: str, training: str
) -> dict[str, np.ndarray]:
    """`written` tells the weights from others that were written for the same moment later."""
    data, settings = tasks.dataset_of(dataset), TrainingSpec.model_validate_json(training)
    if which == "validation":
        parts = split(data, settings)
        images, labels, indices = parts.x_validation, parts.y_validation, parts.validation
    else:
        own = dataset == settings.dataset
        indices = of_classes(data.y_test, settings) if own else np.arange(len(data.y_test))
        images, labels = data.x_test[indices], data.y_test[indices]
    return {"probabilities": answers(network, folder, moment, images), "labels": labels, "indices": indices}


def answers(network: str, folder: str, moment: tuple[int, int], images: np.ndarray) -> np.ndarray:
    """Class probabilities float32 (n, classes) for images uint8 (n, height, width, channels), n at least 1."""
    weights = tasks.weights_of(folder, moment)
    looker = tasks.looker_of(network)
    return np.concatenate([looker.probabilities(weights, scaled(part)) for part in _parts(images)])


def project(network: str, folder: str, moment: tuple[int, int], images: np.ndarray, method: Method) -> np.ndarray:
    """A map of images on which those lie together that the last hidden layer finds alike.

    Args:
        images: uint8 (n, height, width, channels).
        method: "pca", the two directions in which the features differ most; "tsne", which keeps neighbours together
            (van der Maaten and Hinton, 2008) and where distances between groups mean little.

    Returns:
        float32 (n, 2), the same every time.

    Raises:
        CNNLabError: the weights of that moment are gone, their features are no numbers, or there are too few or too
            many images.
    """
    if not LEAST_PLACED <= len(images) <= MOST_PLACED[method]:
        raise CNNLabError(
            N_("A map can be made of {least} to {most:,} images; received {count:,}."),
            N_("Choose another number of images."),
            least=LEAST_PLACED,
            most=MOST_PLACED[method],
            count=len(images),
        )
    weights = tasks.weights_of(folder, moment)
    looker = tasks.looker_of(network)
    features = np.concatenate([attribution.features(looker, weights, scaled(part)) for part in _parts(images)])
    if not np.isfinite(features).all():
        raise CNNLabError(
            N_("The network's numbers have grown beyond all bounds; no map can be made of them."),
            N_("Choose an earlier moment, or a run with a smaller learning rate."),
        )
    return _placed(features, method)


def _placed(features: np.ndarray, method: Method) -> np.ndarray:
    strongest = np.abs(features).max()
    features = features - features.mean(axis=0, dtype=np.float64).astype(np.float32)
    largest = np.abs(features).max()
    # All alike (every unit is dead, or one image many times): they lie in one place. scikit-learn's t-SNE would divide
    # by zero and take the whole worker down.
    if largest <= ALIKE * strongest:
        return np.zeros((len(features), 2), np.float32)
    features /= largest
    if features.shape[1] == 1:
        features = np.concatenate([features, np.zeros_like(features)], axis=1)
    # Imported here: the worker starts sooner without them.
    if method == "pca":
        from sklearn.decomposition import PCA

        return np.asarray(PCA(2, random_state=RANDOM_STATE).fit_transform(features) * largest, np.float32)
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    return np.asarray(TSNE(2, perplexity=perplexity, random_state=RANDOM_STATE).fit_transform(features), np.float32)


def _parts(images: np.ndarray) -> list[np.ndarray]:
    return [images[start : start + MOST_AT_ONCE] for start in range(0, len(images), MOST_AT_ONCE)]
