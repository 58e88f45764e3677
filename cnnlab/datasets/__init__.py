"""Built-in image datasets: descriptions (`DATASETS`), whether they are on this computer (`available`), and `load`.

Two datasets come with the requirements and need no network; three large ones are found in a folder or downloaded.
Nothing is cached, split or augmented here.
"""

from cnnlab.datasets.dataset import Dataset, scaled
from cnnlab.datasets.download import Progress
from cnnlab.datasets.loading import DatasetUnavailable, available, load
from cnnlab.datasets.registry import DATASETS, DatasetInfo

__all__ = ["DATASETS", "Dataset", "DatasetInfo", "DatasetUnavailable", "Progress", "available", "load", "scaled"]
