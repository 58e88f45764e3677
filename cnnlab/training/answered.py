"""The test images whose answers a run reports, kept beside its weights: they can be shown wherever the data are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cnnlab.datasets import Dataset

COUNT = 96
"""The notes' grid of 8 by 12 test images."""

_FILE = "answered.npz"


def keep(folder: Path, dataset: Dataset) -> None:
    """Write the first `COUNT` test images and their labels to `folder`, never half."""
    unfinished = folder / f"unfinished-{_FILE}"
    np.savez(unfinished, images=dataset.x_test[:COUNT], labels=dataset.y_test[:COUNT])
    unfinished.replace(folder / _FILE)


def read(folder: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Images uint8 (n, height, width, channels) and labels (n,); None where the run has none."""
    path = folder / _FILE
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as kept:
        return kept["images"], kept["labels"]
