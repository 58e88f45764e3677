"""Read and write saved drawings as one file: additional training images of a run, and a download.

The file is an .npz written by NumPy with `x` uint8 (n, 28, 28, 1) and `y` (n,). Foreign files are read within size
limits, and without NumPy's reader, which trusts the sizes in the header.
"""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path

import numpy as np

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError, TrainingError
from cnnlab.files import DAMAGED, read_array, replacing
from cnnlab.i18n.marks import N_
from cnnlab.training import foreign_drawings
from cnnlab.training.foreign_drawings import Array
from cnnlab.training.spec import TrainingSpec

FILE = "drawings.npz"
MAX_BYTES = 20_000_000
"""Maximum size of a file."""
MAX_DRAWINGS = 20_000
"""Maximum number of drawings in one collection or file."""

SHAPE = DATASETS["mnist-5k"].input_shape
CLASSES = len(DATASETS["mnist-5k"].class_names)
"""Drawings are digits in MNIST's format."""
MAX_ARRAY_BYTES = MAX_DRAWINGS * math.prod(SHAPE)
"""Maximum size of one array."""


def pack(images: np.ndarray, labels: np.ndarray) -> bytes:
    """Return the content of a file with images uint8 (n, 28, 28, 1) and labels (n,)."""
    file = io.BytesIO()
    np.savez_compressed(file, x=images, y=labels)
    return file.getvalue()


def unpack(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the images uint8 (n, 28, 28, 1) and the labels int64 (n,) of a file, with n at least 1.

    Raises:
        CNNLabError: the file is damaged or too large, or has another content.
    """
    if len(content) > MAX_BYTES:
        raise CNNLabError(
            N_("The file is {size:.1f} MB; the limit is {most:.0f} MB."),
            N_("Split it into smaller files."),
            size=len(content) / 1e6,
            most=MAX_BYTES / 1e6,
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            foreign_drawings.check_names(archive)
            foreign_drawings.check_headers(archive)
            images, labels = (read_array(archive, name, MAX_ARRAY_BYTES) for name in ("x", "y"))
    except DAMAGED as error:
        raise CNNLabError(
            N_("This file contains no drawings, or it is damaged ({reason})."),
            N_("Choose an .npz file downloaded from CNN Lab."),
            reason=next((said for said in error.args if isinstance(said, str)), type(error).__name__).rstrip("."),
        ) from None
    return _checked(images, labels)


def save(folder: Path, content: bytes) -> None:
    """Write a file with drawings to a run's folder, atomically; create the folder if necessary."""
    with replacing(folder / FILE) as unfinished:
        unfinished.write_bytes(content)


def read(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the drawings in a run's folder, as `unpack` does.

    Raises:
        TrainingError: the folder has no drawings.
        CNNLabError: the file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        raise TrainingError(
            N_("The drawings that this run learns from no longer exist."),
            N_("Start a new run with a collection."),
        )
    return unpack(path.read_bytes())


def check(training: TrainingSpec) -> None:
    """Check that the settings add drawings only to a dataset that accepts them.

    Raises:
        TrainingError: the settings name drawings, but the dataset does not contain digits in MNIST's format.
    """
    if training.drawings and not accepts_drawings(training.dataset):
        raise TrainingError(
            N_("Drawings are digits of 28×28 pixels; they cannot be added to the images of {dataset}."),
            N_("Choose one of {suitable} as the dataset, or leave the collection empty."),
            dataset=training.dataset,
            suitable=", ".join(filter(accepts_drawings, DATASETS)),
        )


def accepts_drawings(dataset: str) -> bool:
    """Return whether drawings can be added to the training images of a dataset."""
    info, digits = DATASETS.get(dataset), DATASETS["mnist-5k"]
    return info is not None and (info.input_shape, info.class_names, info.shuffled) == (
        digits.input_shape,
        digits.class_names,
        "",
    )


def _checked(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    foreign_drawings.check_arrays(Array(images.shape, images.dtype), Array(labels.shape, labels.dtype))
    images = images.reshape(-1, *SHAPE)
    if not 1 <= len(images) <= MAX_DRAWINGS:
        raise CNNLabError(
            N_("The file has {count:,} drawings; expected 1 to {most:,}."),
            N_("Choose another file."),
            count=len(images),
            most=MAX_DRAWINGS,
        )
    foreign_drawings.check_labels(labels)
    return np.ascontiguousarray(images), labels.astype(np.int64)
