"""Which images are trained on and which are kept aside for validation."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from cnnlab.datasets import Dataset
from cnnlab.errors import TrainingError
from cnnlab.marks import N_
from cnnlab.training.spec import TrainingSpec


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

    With `validation="test"` all of them are trained on, and the test set is the validation set.

    Raises:
        TrainingError: `train_size` is more than there are.
    """
    available = len(dataset.x_train)
    count = training.train_size or available
    if count > available:
        raise TrainingError(
            N_("{count:,} training images were asked for, but {dataset} has {available:,}."),
            N_("Use fewer, or leave the number empty to use all of them."),
            count=count,
            dataset=dataset.name,
            available=available,
        )
    x, y = dataset.x_train[:count], dataset.y_train[:count]
    if training.validation == "test":
        return Split(x, y, dataset.x_test, dataset.y_test, np.arange(len(dataset.x_test)))

    from sklearn.model_selection import train_test_split

    kept, aside = train_test_split(
        np.arange(count), test_size=training.validation_split, random_state=training.random_state
    )
    return Split(x[kept], y[kept], x[aside], y[aside], aside)
