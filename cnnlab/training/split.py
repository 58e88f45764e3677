"""Which images are trained on and which are kept aside for validation; and which labels are made wrong on purpose."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from cnnlab.datasets import DATASETS, Dataset
from cnnlab.errors import TrainingError
from cnnlab.marks import N_
from cnnlab.training.spec import TrainingSpec

LEAST_CLASSES = 2
LEAST_IMAGES = 20
"""Of the chosen classes; as the least `train_size`."""


@dataclass(frozen=True, eq=False)
class Split:
    """Images uint8 (n, height, width, channels) and labels (n,).

    Attributes:
        validation: the places of the validation images among the dataset's training (or test) images.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    validation: np.ndarray

    def with_more(self, images: np.ndarray, labels: np.ndarray) -> Split:
        """The same with more training images, uint8, after the others; the validation images stay what they are."""
        more = np.concatenate([self.x_train, images]), np.concatenate([self.y_train, labels])
        return dataclasses.replace(self, x_train=more[0], y_train=more[1])

    def steps(self, batch_size: int) -> int:
        """Batches an epoch; the last may be smaller."""
        return -(-len(self.x_train) // batch_size)


def split(dataset: Dataset, training: TrainingSpec) -> Split:
    """The first `train_size` training images, divided as the notes do it: by scikit-learn's train_test_split.

    With `validation="test"` all of them are trained on, and the test set is the validation set. Of both, only the
    images of the chosen classes are taken. Then the share `label_noise` of the labels that are trained on is replaced.

    Raises:
        TrainingError: `train_size` is more than there are; or the classes are not the dataset's, fewer than two, or
            have too few images.
    """
    check_classes(training)
    places, count = of_classes(dataset.y_train, training), training.train_size
    if count and count > len(places):
        raise TrainingError(
            N_("{count:,} training images were asked for, but {dataset} has {available:,} of the chosen classes.")
            if training.classes
            else N_("{count:,} training images were asked for, but {dataset} has {available:,}."),
            N_("Use fewer, or leave the number empty to use all of them."),
            count=count,
            dataset=dataset.name,
            available=len(places),
        )
    kept = places[:count]
    if training.validation == "test":
        aside, x, y = of_classes(dataset.y_test, training), dataset.x_test, dataset.y_test
    else:
        from sklearn.model_selection import train_test_split

        kept, aside = train_test_split(kept, test_size=training.validation_split, random_state=training.random_state)
        x, y = dataset.x_train, dataset.y_train
    labels = with_noise(dataset.y_train[kept], training, dataset.classes)
    return Split(dataset.x_train[kept], labels, x[aside], y[aside], aside)


def of_classes(labels: np.ndarray, training: TrainingSpec) -> np.ndarray:
    """Where the images of the chosen classes are, by the labels (n,) of all; without a choice, every place.

    Raises:
        TrainingError: there are fewer than `LEAST_IMAGES`.
    """
    if not training.classes:
        return np.arange(len(labels))
    places = np.flatnonzero(np.isin(labels, training.classes))
    if len(places) < LEAST_IMAGES:
        raise TrainingError(
            N_("There are only {count} images of the classes {classes}; expected at least {least}."),
            N_("Choose more classes."),
            count=len(places),
            classes=written_classes(training),
            least=LEAST_IMAGES,
        )
    return places


def check_classes(training: TrainingSpec) -> None:
    """See that the chosen classes are some of the dataset's.

    Raises:
        TrainingError: they are not.
    """
    chosen, classes = training.classes, len(DATASETS[training.dataset].class_names)
    if not chosen:
        return
    values = {"classes": written_classes(training), "least": LEAST_CLASSES, "highest": classes - 1}
    if any(not 0 <= one < classes for one in chosen):
        raise TrainingError(
            N_("There are no such classes: {classes}; expected numbers from 0 to {highest}."),
            N_("Choose classes of this dataset, or none, to use all of them."),
            **values,
        )
    if len(set(chosen)) < len(chosen):
        raise TrainingError(N_("A class is named twice: {classes}."), N_("Name each class once."), **values)
    if len(chosen) < LEAST_CLASSES:
        raise TrainingError(
            N_("There is nothing to tell apart: expected at least {least} classes, received {classes}."),
            N_("Choose another class besides, or none, to use all of them."),
            **values,
        )


def written_classes(training: TrainingSpec) -> str:
    """The chosen classes as people write them: "3, 8"."""
    return ", ".join(map(str, training.classes))


def with_noise(labels: np.ndarray, training: TrainingSpec, classes: int) -> np.ndarray:
    """Labels (n,) of which the share `label_noise`, chosen by the seed, is replaced by random ones of the classes that
    are used (Zhang et al., 2017, https://arxiv.org/abs/1611.03530); some are right by chance."""
    count = round(training.label_noise * len(labels))
    if not count:
        return labels
    # RandomState's stream is frozen: the same labels in every version of NumPy.
    random = np.random.RandomState(training.seed)
    noisy = labels.copy()
    noisy[random.permutation(len(labels))[:count]] = random.choice(training.classes or classes, count)
    return noisy
