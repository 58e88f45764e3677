"""Load a data set by name: look in the folders, in Keras's cache and among earlier downloads, then download.

The only module of this room that knows the order of the search and what to tell people when it fails. Nothing is kept
in memory: a caller that asks twice reads twice.
"""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from cnnlab.datasets.checks import Arrays, check
from cnnlab.datasets.cifar import read_cifar10
from cnnlab.datasets.dataset import Dataset
from cnnlab.datasets.download import DownloadError, OnProgress, fetch
from cnnlab.datasets.formats import read_digits_8x8, read_idx, read_mnist_5k, read_npz
from cnnlab.datasets.registry import DATASETS, DatasetInfo
from cnnlab.errors import DatasetError
from cnnlab.marks import N_
from cnnlab.settings import Settings, from_environment

_log = logging.getLogger(__name__)

BUNDLED: Mapping[str, Callable[[DatasetInfo], Arrays]] = MappingProxyType(
    {"mnist-5k": read_mnist_5k, "digits-8x8": read_digits_8x8}
)
READERS: Mapping[str, Callable[[DatasetInfo, Sequence[Path]], Arrays]] = MappingProxyType(
    {"mnist": read_npz, "fashion-mnist": read_idx, "cifar-10": read_cifar10}
)


SHUFFLE_SEED = 1
"""Decides the one order of the pixels of the shuffled sets; the exported script (`network.code`) has it too."""


class DatasetUnavailable(DatasetError):
    """A large set is neither on this computer nor to be had from the network; `offer` names one that needs neither."""

    offer = "mnist-5k"


class _Place(NamedTuple):
    folder: Path
    named: bool  # by the person who set CNNLAB_DATASETS, who should hear of a damaged file instead of having it skipped


def load(name: str, settings: Settings | None = None, on_progress: OnProgress | None = None) -> Dataset:
    """The data set `name`, read and checked.

    A large set is looked for in the folders of `CNNLAB_DATASETS`, in Keras's cache and in `CNNLAB_HOME`/datasets, and
    otherwise downloaded into the last; see `fetch` for `on_progress` and for how to stop it.

    Raises:
        DatasetError: there is no such set, or a file in one of the named folders is not what it should be.
        DatasetUnavailable: it is not here and cannot be downloaded.
    """
    return load_info(_known(name), settings, on_progress)


def load_info(info: DatasetInfo, settings: Settings | None = None, on_progress: OnProgress | None = None) -> Dataset:
    """The same for a known set whose `files` may come from somewhere else than `DATASETS` says."""
    if info.shuffled:
        return shuffled(load_info(DATASETS[info.shuffled], settings, on_progress), info.name)
    if not info.large:
        return _dataset(info, BUNDLED[info.name](info))
    settings = settings or from_environment()
    unusable: list[str] = []
    for place in _places(settings):
        paths = _find(info, place.folder)
        if paths is None:
            continue
        try:
            return _read(info, paths)
        except DatasetError as error:
            if place.named:
                raise
            _log.warning("skipped: %s", error)
            unusable.append(str(_common(paths)))
    downloads = _downloads(settings)
    try:
        fetch(info.name, info.files, downloads, settings.download_seconds, on_progress)
    except DownloadError as error:
        raise _unavailable(info, settings, unusable, error) from error
    return _read(info, [downloads / file.path for file in info.files])


def shuffled(dataset: Dataset, name: str) -> Dataset:
    """The same images with all their pixels in another order, one order for all of them; labels stay."""
    height, width, channels = dataset.input_shape
    # RandomState's stream is frozen: the same order in every version of NumPy.
    order = np.random.RandomState(SHUFFLE_SEED).permutation(height * width)

    def move(images: np.ndarray) -> np.ndarray:
        moved = images.reshape(-1, height * width, channels)[:, order].reshape(images.shape)
        moved.setflags(write=False)
        return moved

    return dataclasses.replace(dataset, name=name, x_train=move(dataset.x_train), x_test=move(dataset.x_test))


def available(name: str, settings: Settings | None = None) -> bool:
    """Whether `name` can be loaded without a download; only looks whether the files are there.

    Raises:
        DatasetError: there is no such set.
    """
    info = _known(name)
    info = _known(info.shuffled) if info.shuffled else info
    if not info.large:
        return True
    return any(_find(info, place.folder) is not None for place in _places(settings or from_environment()))


def _known(name: str) -> DatasetInfo:
    if name not in DATASETS:
        raise DatasetError(
            N_("There is no data set “{name}”; expected one of {known}."), name=name, known=", ".join(DATASETS)
        )
    return DATASETS[name]


def _places(settings: Settings) -> list[_Place]:
    keras = os.environ.get("KERAS_HOME") or "~/.keras"
    return [
        *(_Place(folder, named=True) for folder in settings.datasets),
        _Place(Path(os.path.expanduser(keras)) / "datasets", named=False),  # noqa: PTH111 - Path's raises without a home
        _Place(_downloads(settings), named=False),
    ]


def _downloads(settings: Settings) -> Path:
    return settings.home / "datasets"


def _find(info: DatasetInfo, folder: Path) -> list[Path] | None:
    """The paths of the first layout that is complete in `folder`."""
    for layout in info.layouts:
        paths = [folder / path for path in layout]
        if all(os.path.exists(path) for path in paths):  # noqa: PTH110 - Path's raises on a folder it may not enter
            return paths
    return None


def _read(info: DatasetInfo, paths: Sequence[Path]) -> Dataset:
    arrays = READERS[info.name](info, paths)
    check(info, arrays, _common(paths))
    return _dataset(info, arrays)


def _common(paths: Sequence[Path]) -> Path:
    """The file, or the folder of several."""
    return paths[0] if len(paths) == 1 else paths[0].parent


def _dataset(info: DatasetInfo, arrays: Arrays) -> Dataset:
    x_train, x_test = (np.ascontiguousarray(x) for x in (arrays.x_train, arrays.x_test))
    y_train, y_test = (y.astype(np.int64) for y in (arrays.y_train, arrays.y_test))
    for array in (x_train, y_train, x_test, y_test):
        array.setflags(write=False)
    return Dataset(info.name, x_train, y_train, x_test, y_test, info.class_names)


def _unavailable(
    info: DatasetInfo, settings: Settings, unusable: Sequence[str], error: DownloadError
) -> DatasetUnavailable:
    problem = N_(
        "{title} is not on this computer and could not be downloaded. Looked in {places}; tried {url}: {reason} "
        "({detail})."
    )
    if unusable:
        problem = N_(
            "{title} is not on this computer and could not be downloaded. Looked in {places}, where {unusable} cannot "
            "be used; tried {url}: {reason} ({detail})."
        )
    target = settings.datasets[0] if settings.datasets else _downloads(settings)
    return DatasetUnavailable(
        problem,
        N_(
            "Choose “{offer}”, which needs no network; or fetch {urls} on another computer and save under {targets}, "
            "then try again."
        ),
        title=info.title,
        places=", ".join(str(place.folder) for place in _places(settings)),
        unusable=", ".join(unusable),
        url=error.url,
        reason=error.reason,
        detail=error.detail,
        offer=DatasetUnavailable.offer,
        urls=", ".join(file.url for file in info.files),
        targets=", ".join(str(target / file.path) for file in info.files),
    )
