"""How well networks do: their answers to validation and test images, and to drawings that people kept; and what
training images look like once they are changed at random."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from cnnlab.datasets import DATASETS, Dataset, Progress
from cnnlab.errors import CNNLabError
from cnnlab.evaluation import Evaluation
from cnnlab.inside import Inside
from cnnlab.keeping import Keeping, no_drawings
from cnnlab.marks import N_
from cnnlab.network.shapes import written
from cnnlab.runs.record import Run
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import Augmentation

SECONDS = 300.0
"""How long an answer is waited for: ten thousand images through a large network take a while."""


class Measuring(Inside, Keeping, ABC):
    """The part of the Lab that evaluates networks, and shows what they are given.

    Every method raises:
        CNNLabError: the weights of that moment are gone, or the images are not of the network's input shape.
        EngineError: the workers are not there.
    """

    @abstractmethod
    def dataset(self, name: str, on_progress: Callable[[Progress], None] | None = None) -> Dataset:
        """A dataset, kept in memory; DatasetError where it cannot be had."""

    def evaluate(self, run: Run, moment: Moment, which: Literal["validation", "test"], dataset: str = "") -> Evaluation:
        """Its answers to the images that validated its training, or to test images.

        Args:
            dataset: whose test images, by default the run's own. (Validation images are always the run's own.)
        """
        name = dataset if dataset and which == "test" else run.training.dataset
        _fit(run, DATASETS[name].input_shape)
        found: dict[str, np.ndarray] = self._measured(
            "evaluate", run, moment, which, name, run.training.model_dump_json()
        )
        data = self.dataset(name)
        split_off = which == "validation" and run.training.validation == "split"
        images = (data.x_train if split_off else data.x_test)[found["indices"]]
        return Evaluation(found["probabilities"], found["labels"], images)

    def evaluate_drawings(self, run: Run, moment: Moment, collection: str) -> Evaluation:
        """Its answers to the drawings of a collection; CNNLabError where there are none."""
        images, labels = self.kept.images(collection)
        if not len(images):
            raise no_drawings(collection)
        _fit(run, images.shape[1:])
        return Evaluation(self._measured("answers", run, moment, images), labels, images)

    def project(self, run: Run, moment: Moment, images: np.ndarray, method: Literal["pca", "tsne"]) -> np.ndarray:
        """A map float32 (n, 2) of images uint8 (n, height, width, channels): what the last hidden layer finds alike
        lies together. See `engine.evaluating.project`."""
        _fit(run, images.shape[1:])
        places: np.ndarray = self._measured("project", run, moment, images, method)
        return places

    def augmented(
        self, dataset: str, augmentation: Augmentation, seed: int, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The first training images of a dataset, and how training could see them: two arrays uint8
        (count, height, width, channels). Another seed gives other changes."""
        images = self.dataset(dataset).x_train[:count]
        changed: np.ndarray = self.engine.call("previewing.augmented", images, augmentation.model_dump_json(), seed)
        return images, changed

    def _measured(self, task: str, run: Run, moment: Moment, *more: Any) -> Any:
        return self.engine.call(f"evaluating.{task}", *self._which(run, moment), *more, timeout=SECONDS)


def _fit(run: Run, shape: tuple[int, ...]) -> None:
    if shape != run.network.input_shape:
        raise CNNLabError(
            N_("The images are {images}, but this network takes {network}."),
            N_("Choose other images, or another run."),
            images=written(shape),
            network=written(run.network.input_shape),
        )
