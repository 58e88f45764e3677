"""Load a built-in dataset by name: search the folders, Keras's cache and earlier downloads, then download.

This module defines the search order and the error messages. Nothing is cached: a second call reads the files again.
"""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from cnnlab.datasets import idx_files
from cnnlab.datasets.checks import Arrays, ForeignContent, check
from cnnlab.datasets.cifar import read_cifar10
from cnnlab.datasets.dataset import Dataset
from cnnlab.datasets.download import DownloadError, OnProgress, fetch
from cnnlab.datasets.formats import read_digits_8x8, read_mnist_5k, read_npz
from cnnlab.datasets.idx_files import read_idx
from cnnlab.datasets.registry import DATASETS, SHARED_FOLDERS, DatasetInfo
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings, from_environment

_log = logging.getLogger(__name__)

BUNDLED: Mapping[str, Callable[[DatasetInfo], Arrays]] = MappingProxyType(
    {"mnist-5k": read_mnist_5k, "digits-8x8": read_digits_8x8}
)
READERS: Mapping[str, Callable[[DatasetInfo, Sequence[Path]], Arrays]] = MappingProxyType(
    {"mnist": read_npz, "fashion-mnist": read_idx, "cifar-10": read_cifar10}
)


SHUFFLE_SEED = 1
"""Seed of the pixel order of the shuffled datasets; also in the exported script (`export.keras_script_data`)."""


class DatasetUnavailable(DatasetError):
    """A large dataset is neither on this computer nor downloadable; `offer` names one that works offline."""

    offer = "mnist-5k"


class _SearchFolder(NamedTuple):
    folder: Path
    named: bool  # set in CNNLAB_DATASETS: report a damaged file there instead of skipping it


class _Candidate(NamedTuple):
    """Files with the names of a dataset; `shared`: other datasets have files of the same names in such a folder."""

    paths: list[Path]
    named: bool
    idx: bool = False
    shared: bool = False

    @property
    def common_path(self) -> str:
        """Return the only file, or the folder of several."""
        return str(_common_path(self.paths))

    def other(self, info: DatasetInfo) -> str | None:
        """Return the name of another dataset whose files these are, if it is known."""
        found = idx_files.identify(self.paths) if self.idx else None
        return None if found == info.name else found

    def likely(self, info: DatasetInfo) -> bool:
        """Return whether the files are probably those of `info`; reads the test labels of IDX files only."""
        found = idx_files.identify(self.paths) if self.idx else None
        return found == info.name or (found is None and not self.shared)


def load(name: str, settings: Settings | None = None, on_progress: OnProgress | None = None) -> Dataset:
    """Load and check the dataset `name`.

    A large dataset is searched for in the folders of `CNNLAB_DATASETS`, in Keras's cache and in `CNNLAB_HOME`/datasets;
    otherwise it is downloaded to the last. See `fetch` for `on_progress` and how to cancel.

    Raises:
        DatasetError: there is no such dataset, or a file in a folder of `CNNLAB_DATASETS` is damaged or foreign.
        DatasetUnavailable: the dataset is not on this computer and cannot be downloaded.
    """
    return load_info(known(name), settings, on_progress)


def load_info(info: DatasetInfo, settings: Settings | None = None, on_progress: OnProgress | None = None) -> Dataset:
    """Load a known dataset like `load`; its `files` may name other URLs than in `DATASETS`."""
    if info.shuffled:
        return shuffle_pixels(load_info(DATASETS[info.shuffled], settings, on_progress), info.name)
    if not info.large:
        return _to_dataset(info, BUNDLED[info.name](info))
    settings = settings or from_environment()
    unusable: list[str] = []
    mistaken: dict[str, str] = {}
    for candidate in _candidates(info, settings):
        if other := candidate.other(info):
            mistaken[candidate.common_path] = other
            continue
        try:
            return _read(info, candidate.paths, candidate.idx)
        except DatasetError as error:
            # Files of these names can be a dataset that the Lab does not know: they are no reason to stop.
            if candidate.named and not (candidate.shared and isinstance(error, ForeignContent)):
                raise
            _log.warning("skipped: %s", error)
            unusable.append(candidate.common_path)
    downloads = _downloads(settings)
    try:
        fetch(info.name, info.files, downloads, settings.download_seconds, on_progress)
    except DownloadError as error:
        raise _unavailable(info, settings, unusable, mistaken, error) from error
    return _read(info, [downloads / file.path for file in info.files])


def shuffle_pixels(dataset: Dataset, name: str) -> Dataset:
    """Return the dataset with the pixels of all images shuffled in one fixed order; labels are unchanged."""
    height, width, channels = dataset.input_shape
    # RandomState's stream is frozen: the same order in every version of NumPy.
    order = np.random.RandomState(SHUFFLE_SEED).permutation(height * width)

    def move(images: np.ndarray) -> np.ndarray:
        moved = images.reshape(-1, height * width, channels)[:, order].reshape(images.shape)
        moved.setflags(write=False)
        return moved

    return dataclasses.replace(dataset, name=name, x_train=move(dataset.x_train), x_test=move(dataset.x_test))


def available(name: str, settings: Settings | None = None) -> bool:
    """Return whether `name` can be loaded without a download; checks only that the files exist, and IDX files' labels.

    Raises:
        DatasetError: there is no such dataset.
    """
    info = known(name)
    info = known(info.shuffled) if info.shuffled else info
    if not info.large:
        return True
    return any(candidate.likely(info) for candidate in _candidates(info, settings or from_environment()))


def known(name: str) -> DatasetInfo:
    """Return the description of a built-in dataset; DatasetError if there is none of this name."""
    if name not in DATASETS:
        raise DatasetError(
            N_("There is no dataset called “{name}”; expected one of {known}."), name=name, known=", ".join(DATASETS)
        )
    return DATASETS[name]


def _search_folders(settings: Settings) -> list[_SearchFolder]:
    keras = os.environ.get("KERAS_HOME") or "~/.keras"
    return [
        *(_SearchFolder(folder, named=True) for folder in settings.datasets),
        _SearchFolder(Path(os.path.expanduser(keras)) / "datasets", named=False),  # noqa: PTH111 - Path.expanduser raises without a home folder
        _SearchFolder(_downloads(settings), named=False),
    ]


def _downloads(settings: Settings) -> Path:
    return settings.home / "datasets"


def _candidates(info: DatasetInfo, settings: Settings) -> Iterator[_Candidate]:
    """Yield the complete sets of files under the names of the dataset, in the order of the search."""
    for folder, named in _search_folders(settings):
        for layout in info.layouts:
            paths = [folder / path for path in layout]
            # The preferred layout of a dataset in IDX files is among its `idx_folders`.
            if len(paths) == 1 and os.path.exists(paths[0]):  # noqa: PTH110 - Path.exists raises on a folder without permission
                yield _Candidate(paths, named)
        for inside in info.idx_folders:
            if found := idx_files.find(folder / inside):
                yield _Candidate(found, named, idx=True, shared=inside in SHARED_FOLDERS)


def _read(info: DatasetInfo, paths: Sequence[Path], idx: bool = False) -> Dataset:
    arrays = (read_idx if idx else READERS[info.name])(info, paths)
    check(info, arrays, _common_path(paths))
    return _to_dataset(info, arrays)


def _common_path(paths: Sequence[Path]) -> Path:
    """Return the only file, or the folder of several."""
    return paths[0] if len(paths) == 1 else paths[0].parent


def _to_dataset(info: DatasetInfo, arrays: Arrays) -> Dataset:
    x_train, x_test = (np.ascontiguousarray(x) for x in (arrays.x_train, arrays.x_test))
    y_train, y_test = (y.astype(np.int64) for y in (arrays.y_train, arrays.y_test))
    for array in (x_train, y_train, x_test, y_test):
        array.setflags(write=False)
    return Dataset(info.name, x_train, y_train, x_test, y_test, info.class_names)


def _unavailable(
    info: DatasetInfo,
    settings: Settings,
    unusable: Sequence[str],
    mistaken: Mapping[str, str],
    error: DownloadError,
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
    elif mistaken:
        problem = N_(
            "{title} is not on this computer and could not be downloaded. Looked in {places}, where the files in "
            "{folder} are {other}; tried {url}: {reason} ({detail})."
        )
    folder, other = next(iter(mistaken.items()), ("", info.name))
    target = settings.datasets[0] if settings.datasets else _downloads(settings)
    return DatasetUnavailable(
        problem,
        N_(
            "Choose “{offer}”, which works offline; or download {urls} on another computer, save as {targets}, and "
            "try again."
        ),
        title=info.title,
        places=", ".join(str(candidate.folder) for candidate in _search_folders(settings)),
        unusable=", ".join(unusable),
        folder=folder,
        other=DATASETS[other].title,
        url=error.url,
        reason=error.reason,
        detail=error.detail,
        offer=DatasetUnavailable.offer,
        urls=", ".join(file.url for file in info.files),
        targets=", ".join(str(target / file.path) for file in info.files),
    )
