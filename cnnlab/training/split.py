"""Split a dataset into training and validation images, and add label noise."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cnnlab.datasets import DATASETS, Dataset
from cnnlab.errors import TrainingError
from cnnlab.i18n.marks import N_, nN_
from cnnlab.training.spec import TrainingSpec

MIN_CLASSES = 2
MIN_IMAGES = 20
"""Minimum number of images of the chosen classes; the minimum of `train_size` too."""


@dataclass(frozen=True, eq=False)
class Split:
    """Images uint8 (n, height, width, channels) and labels (n,).

    Attributes:
        validation_indices: indices of the validation images in the dataset's training (or test) images.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    validation_indices: np.ndarray

    def add_images(self, images: np.ndarray, labels: np.ndarray) -> Split:
        """Return a split with more training images, uint8, after the others; validation images are unchanged."""
        more = np.concatenate([self.x_train, images]), np.concatenate([self.y_train, labels])
        return dataclasses.replace(self, x_train=more[0], y_train=more[1])

    def steps(self, batch_size: int) -> int:
        """Return the number of batches per epoch; the last may be smaller."""
        return -(-len(self.x_train) // batch_size)


def split(dataset: Dataset, training: TrainingSpec) -> Split:
    """Split the first `train_size` training images as the study notes do, like scikit-learn's train_test_split.

    If the dataset has validation images of its own, those among them are used instead. With `validation="test"`, all of
    them are used for training and the test set for validation. Only images of the chosen classes are used. Finally, the
    share `label_noise` of the training labels is replaced.

    Raises:
        TrainingError: `train_size` exceeds the available images; or the classes are unknown, fewer than two, or have
            too few images.
    """
    check_classes(training, dataset.classes)
    indices, count = class_indices(dataset.y_train, training), training.train_size
    if count and count > len(indices):
        raise TrainingError(
            N_("{count:,} training images were requested, but {dataset} has {available:,} of the chosen classes.")
            if training.classes
            else N_("{count:,} training images were requested, but {dataset} has {available:,}."),
            N_("Use fewer, or leave the field empty to use all of them."),
            count=count,
            dataset=dataset.name,
            available=len(indices),
        )
    kept = indices[:count]
    if training.validation == "test":
        held_out, x, y = class_indices(dataset.y_test, training, 1), dataset.x_test, dataset.y_test
    else:
        kept, held_out = _hold_out(dataset, kept, training)
        x, y = dataset.x_train, dataset.y_train
    labels = add_label_noise(dataset.y_train[kept], training, dataset.classes)
    return Split(dataset.x_train[kept], labels, x[held_out], y[held_out], held_out)


def class_indices(labels: np.ndarray, training: TrainingSpec, least: int = MIN_IMAGES) -> np.ndarray:
    """Return the indices of the images of the chosen classes, given all labels (n,); all indices without a choice.

    Args:
        least: minimum number of images; one is enough to test on, since an image set can be small.

    Raises:
        TrainingError: there are fewer.
    """
    if not training.classes:
        return np.arange(len(labels))
    indices = np.flatnonzero(np.isin(labels, training.classes))
    if len(indices) < least:
        raise TrainingError(
            nN_(
                "There is only {count} image of the classes {classes}; expected at least {least}.",
                "There are only {count} images of the classes {classes}; expected at least {least}.",
                len(indices),
            ),
            N_("Choose more classes."),
            count=len(indices),
            classes=format_classes(training),
            least=least,
        )
    return indices


def check_classes(training: TrainingSpec, classes: int | None = None) -> None:
    """Check that the chosen classes exist in the dataset, at least two and each once.

    Args:
        classes: the number of classes of the images; None: that of the built-in dataset named by `training`.

    Raises:
        TrainingError: they do not.
    """
    chosen = training.classes
    if not chosen:
        return
    classes = classes or len(DATASETS[training.dataset].class_names)
    values = {"classes": format_classes(training), "least": MIN_CLASSES, "highest": classes - 1}
    if any(not 0 <= one < classes for one in chosen):
        raise TrainingError(
            N_("Unknown classes: {classes}; expected numbers from 0 to {highest}."),
            N_("Choose classes of this dataset, or none to use all of them."),
            **values,
        )
    if len(set(chosen)) < len(chosen):
        raise TrainingError(N_("A class is listed twice: {classes}."), N_("List each class once."), **values)
    if len(chosen) < MIN_CLASSES:
        raise TrainingError(
            N_("There is nothing to distinguish: expected at least {least} classes, received {classes}."),
            N_("Choose another class as well, or none to use all of them."),
            **values,
        )


def format_classes(training: TrainingSpec) -> str:
    """Return the chosen classes as text: "3, 8"."""
    return ", ".join(map(str, training.classes))


def add_label_noise(labels: np.ndarray, training: TrainingSpec, classes: int) -> np.ndarray:
    """Replace the share `label_noise` of labels (n,), chosen by the seed, with random labels of the used classes.

    Some of them are correct by chance. Source: Zhang and others, 2017, https://arxiv.org/abs/1611.03530.
    """
    count = round(training.label_noise * len(labels))
    if not count:
        return labels
    # RandomState draws the same numbers in every version of NumPy.
    random = np.random.RandomState(training.seed)
    noisy = labels.copy()
    noisy[random.permutation(len(labels))[:count]] = random.choice(training.classes or classes, count)
    return noisy


PartName = Literal["training", "validation", "test"]


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a dataset's images.

    Attributes:
        images: all images, uint8 (many, height, width, channels).
        indices: indices of the images of this part in `images`, int64 (n,).
        labels: the labels used in training, int64 (n,); some are wrong with label noise.
        true_labels: the labels of the dataset, int64 (n,).
    """

    images: np.ndarray
    indices: np.ndarray
    labels: np.ndarray
    true_labels: np.ndarray

    def with_label(self, label: int | None) -> np.ndarray:
        """Return the positions (0 to n - 1) of the images with a label; None: all."""
        return np.arange(len(self.labels)) if label is None else np.flatnonzero(self.labels == label)

    def image(self, position: int) -> np.ndarray:
        """Return the image at a position (0 to n - 1), uint8 (height, width, channels)."""
        chosen: np.ndarray = self.images[self.indices[position]]
        return chosen


def parts(dataset: Dataset, training: TrainingSpec) -> Mapping[PartName, Part]:
    """Return the three parts. With `validation="test"`, the test images are also the validation images.

    Raises:
        TrainingError: the dataset does not have the images that the settings request.
    """
    # Run `split` on index arrays instead of images: same validation and selection, no large copies.
    numbers: dict[str, Any] = {name: np.arange(len(getattr(dataset, name))) for name in ("x_train", "x_test")}
    numbered = dataclasses.replace(dataset, **numbers)
    whole = split(numbered, training.replace(validation="test", label_noise=0))
    kept, test = whole.x_train, whole.x_validation
    tested = Part(dataset.x_test, test, dataset.y_test[test], dataset.y_test[test])
    if training.validation == "test":
        validated = tested
    else:
        kept, held_out = _hold_out(dataset, kept, training)
        validated = Part(dataset.x_train, held_out, dataset.y_train[held_out], dataset.y_train[held_out])
    true_labels = dataset.y_train[kept]
    learned = Part(dataset.x_train, kept, add_label_noise(true_labels, training, dataset.classes), true_labels)
    return {"training": learned, "validation": validated, "test": tested}


def _hold_out(dataset: Dataset, indices: np.ndarray, training: TrainingSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of training images to learn from, and those of the validation images among them."""
    if dataset.validation is None:
        return train_validation_split(indices, training.validation_split, training.random_state)
    aside = np.isin(indices, dataset.validation)
    return indices[~aside], indices[aside]


def train_validation_split(indices: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split like scikit-learn's `train_test_split` with `test_size=share` and `random_state=seed`."""
    count = math.ceil(share * len(indices))
    order = np.random.RandomState(seed).permutation(len(indices))
    return indices[order[count:]], indices[order[:count]]
