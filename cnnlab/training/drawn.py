"""Drawings that a person kept, as one file: what a run learns from besides its dataset, and what can be downloaded.

The file is an .npz with `x` uint8 (n, 28, 28, 1) and `y` (n,), as NumPy writes it. One can come from a stranger, so it
is read with bounds, and without NumPy's reader, which believes what a header announces.
"""

from __future__ import annotations

import io
import math
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError, TrainingError
from cnnlab.marks import N_
from cnnlab.training.spec import TrainingSpec

FILE = "drawings.npz"
MOST_BYTES = 20_000_000
"""Of a file that is read."""
MOST = 20_000
"""Drawings of one collection, or of one file."""

SHAPE = DATASETS["mnist-5k"].input_shape
CLASSES = len(DATASETS["mnist-5k"].class_names)
"""A drawing is a digit in MNIST's form."""

_HEADER = 10_000
"""Bytes before the numbers of an array; NumPy writes 128."""

# What the standard library and NumPy say of damaged, encrypted or foreign files; a header is Python text to NumPy.
DAMAGED = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, OverflowError, MemoryError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError),
)


def pack(images: np.ndarray, labels: np.ndarray) -> bytes:
    """The file for images uint8 (n, 28, 28, 1) and labels (n,)."""
    file = io.BytesIO()
    np.savez_compressed(file, x=images, y=labels)
    return file.getvalue()


def unpack(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The images uint8 (n, 28, 28, 1) and the labels int64 (n,) of a file, n at least 1.

    Raises:
        CNNLabError: it is no such file, is damaged or too large, or holds something else.
    """
    if len(content) > MOST_BYTES:
        raise CNNLabError(
            N_("The file has {size:.1f} MB; at most {most:.0f} MB are read."),
            N_("Divide it into smaller ones."),
            size=len(content) / 1e6,
            most=MOST_BYTES / 1e6,
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            images, labels = (read_array(archive, name) for name in ("x", "y"))
    except DAMAGED as error:
        raise CNNLabError(
            N_("This file holds no drawings, or it is damaged ({reason})."),
            N_("Choose an .npz file that was downloaded here."),
            reason=next((said for said in error.args if isinstance(said, str)), type(error).__name__).rstrip("."),
        ) from None
    return _checked(images, labels)


def keep(folder: Path, content: bytes) -> None:
    """Put a file with drawings into a run's folder, which is made, never half."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"unfinished-{FILE}"
    unfinished.write_bytes(content)
    unfinished.replace(folder / FILE)


def read(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The drawings that a run learns from, as `unpack` gives them.

    Raises:
        TrainingError: the run's folder has none (any more).
        CNNLabError: its file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        raise TrainingError(
            N_("The drawings that this run learns from are not there (any more)."),
            N_("Start a new run with the collection."),
        )
    return unpack(path.read_bytes())


def check(training: TrainingSpec) -> None:
    """See that drawings can be added to the training images.

    Raises:
        TrainingError: drawings are asked for, but the dataset is not one of digits in MNIST's form.
    """
    if training.drawings and not suits(training.dataset):
        raise TrainingError(
            N_("Drawings are digits of 28×28 pixels; they cannot be added to the images of {dataset}."),
            N_("Choose one of {suitable} as the data, or leave the collection empty."),
            dataset=training.dataset,
            suitable=", ".join(filter(suits, DATASETS)),
        )


def suits(dataset: str) -> bool:
    """Whether drawings can be added to the training images of this dataset."""
    info, digits = DATASETS[dataset], DATASETS["mnist-5k"]
    return (info.input_shape, info.class_names, info.shuffled) == (digits.input_shape, digits.class_names, "")


def read_array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array of numbers. What it takes in memory is bounded before anything is unpacked."""
    entry = archive.getinfo(f"{name}.npy")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name}: zip {entry.compress_type}")
    if entry.file_size > MOST * math.prod(SHAPE) + _HEADER:
        raise ValueError(f"{name}: {entry.file_size:,} bytes")
    file = io.BytesIO(archive.read(entry))
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, by_columns, dtype = np.lib.format.read_array_header_2_0(file)
    if dtype.kind not in "iuf":
        raise ValueError(f"{name}: {dtype}")
    values = np.frombuffer(file.read(), dtype)
    if len(values) != math.prod(shape):
        raise ValueError(f"{name}: {len(values):,} ≠ {'×'.join(map(str, shape))}")
    return values.reshape(shape, order="F" if by_columns else "C")


def _checked(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if images.shape[1:] == SHAPE[:2]:
        images = images[..., np.newaxis]
    if images.shape[1:] != SHAPE or images.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise CNNLabError(
            N_("The drawings should be x: uint8 {expected} and y: one label each; received x: {x} and y: {y}."),
            N_("Choose an .npz file that was downloaded here."),
            expected=str(("n", *SHAPE)).replace("'", ""),
            x=f"{images.dtype} {images.shape}",
            y=f"{labels.dtype} {labels.shape}",
        )
    if not 1 <= len(images) <= MOST:
        raise CNNLabError(
            N_("The file has {count:,} drawings; expected 1 to {most:,}."),
            N_("Choose another file."),
            count=len(images),
            most=MOST,
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= CLASSES:
        raise CNNLabError(
            N_("The labels should be whole numbers from 0 to {highest}; received {received}."),
            N_("Correct them, or choose another file."),
            highest=CLASSES - 1,
            received=f"{labels.dtype} {labels.min():g} … {labels.max():g}",
        )
    return np.ascontiguousarray(images), labels.astype(np.int64)
