"""Which of a dataset's images a training learns from, is validated with and is tested on, without training anything.

What `split` hands to a training, as places instead of copies, and without scikit-learn, which the server does not load.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cnnlab.datasets import Dataset
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import split, with_noise

PartName = Literal["training", "validation", "test"]


@dataclass(frozen=True, eq=False)
class Part:
    """Some of a dataset's images.

    Attributes:
        images: uint8 (many, height, width, channels), of which these are some.
        places: theirs among `images`, int64 (n,).
        labels: what the network is told that they are, int64 (n,); some are wrong where there is label noise.
        truth: what they are.
    """

    images: np.ndarray
    places: np.ndarray
    labels: np.ndarray
    truth: np.ndarray

    def of(self, label: int | None) -> np.ndarray:
        """Which of these have a label (None: all), as numbers from 0 to n - 1."""
        return np.arange(len(self.labels)) if label is None else np.flatnonzero(self.labels == label)

    def image(self, number: int) -> np.ndarray:
        """One of these, uint8 (height, width, channels)."""
        chosen: np.ndarray = self.images[self.places[number]]
        return chosen


def parts(dataset: Dataset, training: TrainingSpec) -> Mapping[PartName, Part]:
    """The three parts. With `validation="test"` the test images are the validation images too.

    Raises:
        TrainingError: the dataset has not the images that the settings ask for.
    """
    # `split` says what is wrong and which images are taken; of numbers instead of images it copies little.
    numbers: dict[str, Any] = {name: np.arange(len(getattr(dataset, name))) for name in ("x_train", "x_test")}
    numbered = dataclasses.replace(dataset, **numbers)
    whole = split(numbered, training.replace(validation="test", label_noise=0))
    kept, test = whole.x_train, whole.x_validation
    tested = Part(dataset.x_test, test, dataset.y_test[test], dataset.y_test[test])
    if training.validation == "test":
        validated = tested
    else:
        kept, aside = divided(kept, training.validation_split, training.random_state)
        validated = Part(dataset.x_train, aside, dataset.y_train[aside], dataset.y_train[aside])
    truth = dataset.y_train[kept]
    learned = Part(dataset.x_train, kept, with_noise(truth, training, dataset.classes), truth)
    return {"training": learned, "validation": validated, "test": tested}


def divided(places: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """As scikit-learn's `train_test_split` divides them, with `test_size=share` and `random_state=seed`."""
    count = math.ceil(share * len(places))
    order = np.random.RandomState(seed).permutation(len(places))
    return places[order[count:]], places[order[:count]]
