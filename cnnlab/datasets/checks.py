"""Check that the arrays read from files are the expected dataset: shapes, types, labels and published content.

A file in a folder may contain anything, so every dataset is checked after reading. `formats` and `cifar` read files.
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
from cnnlab.i18n.marks import N_

_REPLACE = N_("Replace it with the published file from {url}, or move it to another folder.")
_REINSTALL = N_("Install the requirements again: pip install -r requirements.txt")

# Errors of the standard library and NumPy on damaged or foreign files; a damaged pickle may raise any of the last few
# (see the documentation of `pickle.UnpicklingError`).
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


class ForeignContent(DatasetError):
    """Files that can be read, but whose content is not the expected dataset."""


class Arrays(NamedTuple):
    """The unchecked result of a reader: images (n, height, width, channels) and labels (n,)."""

    x_train: npt.NDArray[Any]
    y_train: npt.NDArray[Any]
    x_test: npt.NDArray[Any]
    y_test: npt.NDArray[Any]


@contextmanager
def explain_unreadable(info: DatasetInfo, path: Path) -> Iterator[None]:
    """Raise a DatasetError that names the file if one of the dataset's files cannot be read.

    Raises:
        DatasetError: the file is damaged, has another format, or cannot be opened.
    """
    try:
        yield
    except _UNREADABLE as error:
        detail = str(error).rstrip(".") or type(error).__name__
        raise _invalid(
            DatasetError, info, path, N_("The file {file} cannot be read as part of {title}: {detail}."), detail=detail
        ) from (error)


def check(info: DatasetInfo, arrays: Arrays, path: Path) -> None:
    """Check that arrays are the dataset `info`; `path` is the file or folder they came from.

    Raises:
        ForeignContent: they are not; it names `path`, what was expected and what was received.
    """
    train, test = (info.train_size,), (info.test_size,)
    shapes = (train + info.input_shape, train, test + info.input_shape, test)
    for part, array, shape in zip(Arrays._fields, arrays, shapes, strict=True):
        if array.shape != shape or array.dtype != np.uint8:
            raise _invalid(
                ForeignContent,
                info,
                path,
                N_("{file}: {part} should have shape {expected} and dtype uint8; received {received} and {dtype}."),
                part=part,
                expected=str(shape),
                received=str(array.shape),
                dtype=str(array.dtype),
            )
    check_labels(info, arrays, path)
    if info.digest is not None and (received := content_digest(arrays)) != info.digest:
        raise _invalid(
            ForeignContent,
            info,
            path,
            N_(
                "{file}: the content differs from the published {title}; expected the digest {expected}, "
                "received {received}."
            ),
            expected=info.digest[:12],
            received=received[:12],
        )


def check_labels(info: DatasetInfo, arrays: Arrays, path: Path) -> None:
    """Check that labels are within the classes and, if no digest is known, that all classes have the same size.

    Raises:
        ForeignContent: see `check`.
    """
    classes = len(info.class_names)
    for part, labels in (("y_train", arrays.y_train), ("y_test", arrays.y_test)):
        if labels.max() >= classes:
            raise _invalid(
                ForeignContent,
                info,
                path,
                N_("{file}: the labels in {part} should lie between 0 and {highest}; received {received}."),
                part=part,
                highest=classes - 1,
                received=int(labels.max()),
            )
        counts = np.bincount(labels, minlength=classes)
        if info.digest is None and counts.min() != counts.max():
            raise _invalid(
                ForeignContent,
                info,
                path,
                N_("{file}: {part} should contain {expected} images per class; received {least} to {most}."),
                part=part,
                expected=len(labels) // classes,
                least=int(counts.min()),
                most=int(counts.max()),
            )


def content_digest(arrays: Arrays) -> str:
    """Return the hexadecimal SHA-256 over the four arrays in C order, which does not depend on the file format."""
    content = hashlib.sha256()
    for array in arrays:
        content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def _invalid(kind: type[DatasetError], info: DatasetInfo, path: Path, problem: str, **values: Any) -> DatasetError:
    urls = ", ".join(file.url for file in info.files)
    return kind(problem, _REPLACE if info.large else _REINSTALL, file=str(path), title=info.title, url=urls, **values)
