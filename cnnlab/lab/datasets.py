"""Datasets, built in or your own, cached in memory; and previews of augmented images."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

import numpy as np

from cnnlab import datasets
from cnnlab.datasets import Dataset, DatasetInfo, Progress
from cnnlab.engine.client import Engine
from cnnlab.runs.run import Run
from cnnlab.settings import Settings
from cnnlab.training.spec import Augmentation

Since = Literal["same", "changed", "gone"]


class Datasets:
    """Describes and loads datasets by name. Safe to use from several threads."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._lock = threading.Lock()
        self._loaded: dict[tuple[str, str], Dataset] = {}

    def all(self) -> dict[str, DatasetInfo]:
        """Return name -> description of all datasets: the built-in ones, then the image sets, newest first."""
        return datasets.every(self._settings)

    def info(self, name: str) -> DatasetInfo:
        """Return the description of a dataset. DatasetError if there is none of this name."""
        return datasets.info(name, self._settings)

    def find(self, name: str) -> DatasetInfo | None:
        """Return the description of a dataset; None if there is none of this name."""
        return datasets.find(name, self._settings)

    def available(self, name: str) -> bool:
        """Return whether a dataset can be loaded without a download."""
        return datasets.available(name, self._settings)

    def since(self, run: Run) -> Since:
        """Return what became of a run's dataset since it started; a built-in one is always the same.

        An image set has changed if its images, labels, classes, shape or division have.
        """
        if run.image_set is None:
            return "same"
        now = self.find(run.image_set.name)
        if now is None:
            return "gone"
        return "same" if now.digest == run.image_set.digest else "changed"

    def get(self, name: str, on_progress: Callable[[Progress], None] | None = None) -> Dataset:
        """Return a dataset; the last two are cached. DatasetError if it cannot be loaded."""
        # An image set can change; its digest then does, too.
        key = name, self.info(name).digest or ""
        with self._lock:
            if key not in self._loaded:
                loaded = datasets.load(name, self._settings, on_progress)
                self._loaded = {**dict(list(self._loaded.items())[-1:]), key: loaded}
            return self._loaded[key]

    def augmented(
        self, dataset: str, augmentation: Augmentation, seed: int, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the first training images of a dataset, and augmented versions of them.

        Args:
            seed: random seed of the changes.
            count: number of images.

        Returns:
            Two arrays uint8 (count, height, width, channels).

        Raises:
            DatasetError: the dataset cannot be loaded.
            EngineError: the workers are not running.
        """
        images = self.get(dataset).x_train[:count]
        changed: np.ndarray = self._engine.call("augmentation.augmented", images, augmentation.model_dump_json(), seed)
        return images, changed
