"""Named image sets: what there is (`DATASETS`), whether it is on this computer (`available`), and the images (`load`).

Two sets come with the requirements and need no network; three large ones are found in a folder or downloaded. Keeping
a loaded set for the next caller, splitting off a validation set and augmentation are left to others.
"""

from cnnlab.datasets.dataset import Dataset, scaled
from cnnlab.datasets.download import Progress
from cnnlab.datasets.loading import DatasetUnavailable, available, load
from cnnlab.datasets.registry import DATASETS, DatasetInfo

__all__ = ["DATASETS", "Dataset", "DatasetInfo", "DatasetUnavailable", "Progress", "available", "load", "scaled"]
