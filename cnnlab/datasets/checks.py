"""Whether what was read is the data set that it should be: shapes, types, labels, and the published content.

A file in a folder may be anything, so every set is checked after reading, wherever it came from. Reading is left to
`formats` and `cifar`.
"""

from __future__ import annotations

import hashlib
import pickle
import tarfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.registry import DatasetInfo
from cnnlab.errors import DatasetError
from cnnlab.marks import N_

_NOT_READ = N_("The file {file} cannot be read as part of {title}: {detail}.")
_REPLACE = N_("Replace it with the published file from {url}, or remove it.")
_REINSTALL = N_("Install the requirements again: pip install -r requirements.txt")

# What the readers of the standard library and NumPy raise on damaged or foreign files; a damaged pickle may raise any
# of the last few (the documentation of `pickle.UnpicklingError` says so).
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
    tarfile.TarError,
    pickle.UnpicklingError,
    AttributeError,
    ImportError,
    LookupError,
    OverflowError,
    RuntimeError,
    SyntaxError,  # this and the next: NumPy evaluates an array's header as Python text
    tokenize.TokenError,
    TypeError,
)


class Arrays(NamedTuple):
    """What a reader returns: images (n, height, width, channels) and labels (n,), not yet checked."""

    x_train: npt.NDArray[Any]
    y_train: npt.NDArray[Any]
    x_test: npt.NDArray[Any]
    y_test: npt.NDArray[Any]


@contextmanager
def reading(info: DatasetInfo, path: Path) -> Iterator[None]:
    """Say which file it was, when one of the set's files cannot be read.

    Raises:
        DatasetError: the file is damaged, of another kind, or not to be opened.
    """
    try:
        yield
    except _UNREADABLE as error:
        detail = str(error).rstrip(".") or type(error).__name__
        raise _wrong(
            info, path, N_("The file {file} cannot be read as part of {title}: {detail}."), detail=detail
        ) from (error)


def check(info: DatasetInfo, arrays: Arrays, path: Path) -> None:
    """Refuse arrays that are not the data set `info`; `path` is the file or folder they came from.

    Raises:
        DatasetError: naming `path`, what was expected and what was received.
    """
    train, test = (info.train_size,), (info.test_size,)
    shapes = (train + info.input_shape, train, test + info.input_shape, test)
    for part, array, shape in zip(Arrays._fields, arrays, shapes, strict=True):
        if array.shape != shape or array.dtype != np.uint8:
            raise _wrong(
                info,
                path,
                N_("{file}: {part} should be of shape {expected} and type uint8; received {received} and {dtype}."),
                part=part,
                expected=str(shape),
                received=str(array.shape),
                dtype=str(array.dtype),
            )
    check_labels(info, arrays, path)
    if info.digest is not None and (received := digest(arrays)) != info.digest:
        raise _wrong(
            info,
            path,
            N_(
                "{file}: the images and labels are not those of {title} as published; expected the digest {expected}, "
                "received {received}."
            ),
            expected=info.digest[:12],
            received=received[:12],
        )


def check_labels(info: DatasetInfo, arrays: Arrays, path: Path) -> None:
    """Refuse labels outside the classes and, where no digest vouches for the content, classes of unequal size.

    Raises:
        DatasetError: see `check`.
    """
    classes = len(info.class_names)
    for part, labels in (("y_train", arrays.y_train), ("y_test", arrays.y_test)):
        if labels.max() >= classes:
            raise _wrong(
                info,
                path,
                N_("{file}: the labels in {part} should lie between 0 and {highest}; received {received}."),
                part=part,
                highest=classes - 1,
                received=int(labels.max()),
            )
        counts = np.bincount(labels, minlength=classes)
        if info.digest is None and counts.min() != counts.max():
            raise _wrong(
                info,
                path,
                N_("{file}: {part} should hold {expected} images of every class; received {least} to {most}."),
                part=part,
                expected=len(labels) // classes,
                least=int(counts.min()),
                most=int(counts.max()),
            )


def digest(arrays: Arrays) -> str:
    """SHA-256 in hexadecimal over the four arrays in C order: the same for every way of packing the same content."""
    content = hashlib.sha256()
    for array in arrays:
        content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def _wrong(info: DatasetInfo, path: Path, problem: str, **values: Any) -> DatasetError:
    urls = ", ".join(file.url for file in info.files)
    return DatasetError(
        problem, _REPLACE if info.large else _REINSTALL, file=str(path), title=info.title, url=urls, **values
    )
