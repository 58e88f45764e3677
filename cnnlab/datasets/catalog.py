"""Every dataset by name: the built-in ones, and the image sets in a Lab's folder, which are read from it each time.

What only concerns built-in datasets, such as recipes, is in `registry`.
"""

from __future__ import annotations

import logging

from cnnlab.datasets import loading
from cnnlab.datasets.dataset import Dataset
from cnnlab.datasets.download import OnProgress
from cnnlab.datasets.image_sets import ImageSets
from cnnlab.datasets.registry import DATASETS, DatasetInfo, is_image_set
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings, from_environment

_log = logging.getLogger(__name__)


def info(name: str, settings: Settings | None = None) -> DatasetInfo:
    """Return the description of a dataset.

    Args:
        name: of a built-in dataset, or the id of an image set.
        settings: of the Lab that has the image set; None: those of the environment.

    Raises:
        DatasetError: there is no such dataset, or the image set is damaged.
    """
    if is_image_set(name):
        return _image_sets(settings).get(name).info
    return loading.known(name)


def unchanged(name: str, digest: str, settings: Settings | None = None) -> DatasetInfo:
    """Return the description of a dataset like `info`, if it is still the one that a run started with.

    With another division, the run would be validated on images that it has learned from.

    Args:
        digest: of the image set when the run started; "" for a built-in dataset.

    Raises:
        DatasetError: there is no such dataset, or the image set has changed.
    """
    now = info(name, settings)
    if digest and now.digest != digest:
        raise DatasetError(
            N_("The image set “{name}” has changed since this run was started, so the run cannot continue on it."),
            N_("Start a new run, or fork this one: a new run starts with its weights."),
            name=now.title,
        )
    return now


def find(name: str, settings: Settings | None = None) -> DatasetInfo | None:
    """Return the description of a dataset like `info`; None if there is none."""
    try:
        return info(name, settings)
    except DatasetError as error:
        _log.info("%s", error)
        return None


def every(settings: Settings | None = None) -> dict[str, DatasetInfo]:
    """Return name -> description of all datasets: the built-in ones, then the image sets, newest first."""
    return {**DATASETS, **{one.id: one.info for one in _image_sets(settings).all()}}


def load(name: str, settings: Settings | None = None, on_progress: OnProgress | None = None) -> Dataset:
    """Load a dataset: an image set from the Lab's folder, a built-in one like `loading.load`.

    Raises:
        DatasetError: there is no such dataset, or its files are damaged or foreign.
        DatasetUnavailable: the dataset is not on this computer and cannot be downloaded.
    """
    return _image_sets(settings).load(name) if is_image_set(name) else loading.load(name, settings, on_progress)


def available(name: str, settings: Settings | None = None) -> bool:
    """Return whether a dataset can be loaded without a download, like `loading.available`; a deleted image set cannot.

    Raises:
        DatasetError: there is no built-in dataset of this name.
    """
    return find(name, settings) is not None if is_image_set(name) else loading.available(name, settings)


def _image_sets(settings: Settings | None) -> ImageSets:
    return ImageSets(settings or from_environment())
