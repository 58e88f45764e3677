"""Image datasets, built in or your own: `info` describes one, `load` loads it; `DATASETS` has the built-in ones.

Two datasets come with the requirements and need no network; three large ones are found in a folder or downloaded.
Nothing is cached, split or augmented here.
"""

from cnnlab.datasets.catalog import available, every, find, info, load, unchanged
from cnnlab.datasets.dataset import Dataset, scaled
from cnnlab.datasets.download import Progress
from cnnlab.datasets.loading import DatasetUnavailable
from cnnlab.datasets.registry import DATASETS, DatasetInfo, is_image_set

__all__ = [
    "DATASETS", "Dataset", "DatasetInfo", "DatasetUnavailable", "Progress", "available", "every", "find", "info",
    "is_image_set", "load", "scaled", "unchanged",
]  # fmt: skip
