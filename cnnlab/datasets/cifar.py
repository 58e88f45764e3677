"""Read CIFAR-10: five training batches and a test batch, pickled by Python 2, in a tar file or a folder.

Opening a pickle can run any code, and a file in a folder may come from anyone: only the parts of a NumPy array are
allowed. The tar file is read in memory, so that nothing in it can write to the disk. `checks` compares the content
with the published one.
"""

from __future__ import annotations

import io
import pickle
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.checks import Arrays, explain_unreadable
from cnnlab.datasets.registry import DatasetInfo

_TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
_TEST = "test_batch"
_MAX_BYTES = 1 << 26  # maximum size of one batch; they have 31 million bytes

# The constructor of pickled arrays. Taken from an array, since its module is named differently in NumPy 1 and 2.
_RECONSTRUCT = np.empty(0).__reduce__()[0]
_ALLOWED: Mapping[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that builds nothing but NumPy arrays and plain values."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it requests {module}.{name}, which does not belong in a data file") from None


def read_cifar10(info: DatasetInfo, paths: Sequence[Path]) -> Arrays:
    """Read the only path of `paths`: `cifar-10-python.tar.gz`, or the folder `cifar-10-batches-py` extracted from it.

    Raises:
        DatasetError: a batch is missing, damaged, or contains anything but arrays and plain values.
    """
    (path,) = paths
    with explain_unreadable(info, path):
        batches = _from_folder(path) if path.is_dir() else _from_tar(path)
        train = [_batch(name, batches[name], info) for name in _TRAIN]
        x_test, y_test = _batch(_TEST, batches[_TEST], info)
        x_train, y_train = (np.concatenate(parts) for parts in zip(*train, strict=True))
        return Arrays(x_train, y_train, x_test, y_test)


def _from_folder(folder: Path) -> dict[str, bytes]:
    batches = {}
    for name in (*_TRAIN, _TEST):
        _refuse_large(name, (folder / name).stat().st_size)
        batches[name] = (folder / name).read_bytes()
    return batches


def _from_tar(path: Path) -> dict[str, bytes]:
    batches = {}
    # "r|gz" reads the file once from start to end; access by name would unpack it several times.
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            name = member.name.rpartition("/")[2]
            if name not in {*_TRAIN, _TEST}:
                continue
            _refuse_large(name, member.size)
            if (content := archive.extractfile(member)) is not None:
                batches[name] = content.read()
    if missing := {*_TRAIN, _TEST} - batches.keys():
        raise ValueError(f"{', '.join(sorted(missing))} missing")
    return batches


def _refuse_large(name: str, size: int) -> None:
    if size > _MAX_BYTES:
        raise ValueError(f"{name} has {size} bytes; expected at most {_MAX_BYTES}")


def _batch(name: str, content: bytes, info: DatasetInfo) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
    """Return images (n, height, width, channels) and labels (n,) of one batch, which stores channel after channel."""
    batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
    if not isinstance(batch, dict) or not isinstance(data := batch.get(b"data"), np.ndarray):
        raise ValueError(f"{name} contains no array of images")
    labels = batch[b"labels"]
    if not isinstance(labels, list) or not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise ValueError(f"{name} contains labels that are not whole numbers from 0 to 255")
    height, width, channels = info.input_shape
    images = data.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
    return images, np.array(labels, dtype=np.uint8)
