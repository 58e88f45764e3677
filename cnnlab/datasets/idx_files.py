"""Find and read datasets in MNIST's format: four IDX files, gzipped or not, under the names that they have on the web.

MNIST, Fashion-MNIST and others use the same file names: `identify` tells them apart by their test labels.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.checks import Arrays, explain_unreadable
from cnnlab.datasets.registry import DATASETS, DatasetInfo
from cnnlab.errors import DatasetError

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
"""The published names without `.gz`, in the order of `Arrays`."""

_MAX_BYTES = 1 << 28  # maximum size of an IDX file, so that a forged header cannot fill the memory
_UNSIGNED_BYTES = b"\x00\x00\x08"


def find(folder: Path) -> list[Path] | None:
    """Return the four IDX files of a folder in the order of `Arrays`, or None if one is missing.

    Each may be gzipped or not, have a dot in its name (`train-images.idx3-ubyte`), or be in a folder of its own name,
    as on Kaggle.
    """
    found = [next((path for path in _variants(folder, name) if os.path.isfile(path)), None) for name in NAMES]  # noqa: PTH113 - Path.is_file raises on a folder without permission
    paths = [path for path in found if path is not None]
    return paths if len(paths) == len(NAMES) else None


def _variants(folder: Path, name: str) -> list[Path]:
    names = (name, name.replace("-idx", ".idx"))
    plain = [f"{one}{ending}" for one, ending in itertools.product(names, (".gz", ""))]
    return [folder / one for one in (*plain, *(f"{one}/{one}" for one in names))]


def identify(paths: Sequence[Path]) -> str | None:
    """Return the name of the dataset that four IDX files belong to, by their test labels; None if it is not known."""
    try:
        labels = read_idx_file(DATASETS["mnist"], paths[-1])
    except DatasetError:
        return None
    digest = hashlib.sha256(labels.tobytes()).hexdigest()
    return next((info.name for info in DATASETS.values() if info.test_labels == digest and not info.shuffled), None)


def read_idx(info: DatasetInfo, paths: Sequence[Path]) -> Arrays:
    """Read four IDX files, in the order of `Arrays`.

    Raises:
        DatasetError: a file does not have this format.
    """
    x_train, y_train, x_test, y_test = (read_idx_file(info, path) for path in paths)
    return Arrays(x_train[..., np.newaxis], y_train, x_test[..., np.newaxis], y_test)


def read_idx_file(info: DatasetInfo, path: Path) -> npt.NDArray[np.uint8]:
    """Read an IDX file of a dataset.

    Raises:
        DatasetError: the file does not have this format.
    """
    with explain_unreadable(info, path):
        return read_values(path)


def read_values(path: Path, max_bytes: int = _MAX_BYTES) -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes: two zeros, the type (8), the number of axes, their lengths, the values.

    Raises:
        ValueError, OSError, EOFError, zlib.error: the file does not have this format, or holds more than `max_bytes`.
    """
    with _open(path) as file:
        magic = file.read(4)
        if len(magic) != 4 or not magic.startswith(_UNSIGNED_BYTES):
            raise ValueError("not an IDX file of unsigned bytes")
        lengths = np.frombuffer(file.read(4 * magic[3]), dtype=">u4")
        shape = tuple(int(length) for length in lengths)
        size = math.prod(shape)
        if size > max_bytes:
            raise ValueError(f"announces {size} values")
        values = file.read(size + 1)
        if len(values) != size:
            raise ValueError(f"announces {size} values but holds {'more' if len(values) > size else len(values)}")
        return np.frombuffer(values, dtype=np.uint8).reshape(shape)


def _open(path: Path) -> BinaryIO | gzip.GzipFile:
    """Open a file for reading, unpacked; some browsers unpack a download and keep the ending `.gz`."""
    with path.open("rb") as file:
        start = file.read(3)
    packed = start != _UNSIGNED_BYTES and (path.suffix == ".gz" or start.startswith(b"\x1f\x8b"))
    return gzip.open(path) if packed else path.open("rb")
