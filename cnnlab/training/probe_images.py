"""Save the test images whose predictions a run reports, so that they can be shown without the dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cnnlab.datasets import Dataset
from cnnlab.files import replacing

COUNT = 96
"""A grid of 8 by 12 test images, as in the study notes."""

_FILE = "answered.npz"


def save(folder: Path, dataset: Dataset) -> None:
    """Write the first `COUNT` test images and their labels to `folder`, atomically."""
    with replacing(folder / _FILE) as unfinished:
        np.savez(unfinished, images=dataset.x_test[:COUNT], labels=dataset.y_test[:COUNT])


def read(folder: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Read images uint8 (n, height, width, channels) and labels (n,); None if the run has none."""
    path = folder / _FILE
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as kept:
        return kept["images"], kept["labels"]
