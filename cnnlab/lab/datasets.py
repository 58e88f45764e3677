"""Datasets, cached in memory, and previews of augmented images."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from cnnlab import datasets
from cnnlab.datasets import Dataset, Progress
from cnnlab.engine.client import Engine
from cnnlab.settings import Settings
from cnnlab.training.spec import Augmentation


class Datasets:
    """Loads datasets by name. Safe to use from several threads."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._lock = threading.Lock()
        self._loaded: dict[str, Dataset] = {}

    def get(self, name: str, on_progress: Callable[[Progress], None] | None = None) -> Dataset:
        """Return a dataset; the last two are cached. DatasetError if it cannot be loaded."""
        with self._lock:
            if name not in self._loaded:
                loaded = datasets.load(name, self._settings, on_progress)
                self._loaded = {**dict(list(self._loaded.items())[-1:]), name: loaded}
            return self._loaded[name]

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
