"""Write files and folders atomically, and read arrays from untrusted archives with size limits."""

from __future__ import annotations

import io
import math
import secrets
import shutil
import struct
import time
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

_HEADER = 10_000
"""Maximum bytes of an .npy header; NumPy writes 128."""
UNFINISHED = "unfinished-"
"""How the names of files and folders begin that are being written."""
_ABANDONED_SECONDS = 3600


# Exceptions of the standard library and NumPy for damaged, encrypted or other files; NumPy parses a header as Python.
DAMAGED = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, OverflowError, MemoryError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError),
)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to, and rename it to `path` if the block succeeds.

    Creates the folder. If several processes write the same `path` at once, the last one to finish wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Keep the name's ending: Keras and NumPy derive the format from it.
    unfinished = path.with_name(f"{UNFINISHED}{secrets.token_hex(4)}-{path.name}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder to write to, and rename it to `path`, which must be new, if the block succeeds.

    Otherwise the folder is removed, and so are those that a killed process left beside it more than an hour ago.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path.parent)
    unfinished = path.with_name(f"{UNFINISHED}{secrets.token_hex(4)}-{path.name}")
    unfinished.mkdir()
    try:
        yield unfinished
        unfinished.rename(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def remove_abandoned(parent: Path) -> None:
    """Remove the temporary folders in `parent` that a killed process left more than an hour ago."""
    for left in parent.glob(f"{UNFINISHED}*"):
        if _last_written(left) < time.time() - _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def remove_folder(path: Path) -> None:
    """Remove a folder that was made by `new_folder`: it disappears in one step, then its files do."""
    gone = path.rename(path.with_name(f"{UNFINISHED}{secrets.token_hex(4)}-{path.name}"))
    shutil.rmtree(gone, ignore_errors=True)


def _last_written(folder: Path) -> float:
    times = []
    for path in (folder, *folder.glob("*")):
        with suppress(FileNotFoundError):  # its process may be about to rename it
            times.append(path.stat().st_mtime)
    return max(times, default=time.time())


def read_array(archive: zipfile.ZipFile, name: str, max_bytes: int, kinds: str = "iuf") -> np.ndarray:
    """Read an array; ValueError, before anything is unpacked, if it is larger than `max_bytes`.

    Args:
        kinds: NumPy's letters of the types that are read: numbers unless told otherwise. Objects never are.
    """
    entry = _entry(archive, name)
    if entry.file_size > max_bytes + _HEADER:
        raise ValueError(f"{name}: {entry.file_size:,} bytes")
    file = io.BytesIO(archive.read(entry))
    shape, fortran_order, dtype = _header(file)
    if dtype.kind not in kinds:
        raise ValueError(f"{name}: {dtype}")
    values = np.frombuffer(file.read(), dtype)
    if len(values) != math.prod(shape):
        raise ValueError(f"{name}: {len(values):,} ≠ {'×'.join(map(str, shape))}")
    return values.reshape(shape, order="F" if fortran_order else "C")


def read_header(archive: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Return the shape and the dtype of an array of any size and type, without reading its values."""
    with archive.open(_entry(archive, name)) as file:
        shape, _fortran_order, dtype = _header(io.BytesIO(file.read(_HEADER)))
    return shape, dtype


def _entry(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    entry = archive.getinfo(f"{name}.npy")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name}: zip {entry.compress_type}")
    return entry


def _header(file: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(file)
    return shape, fortran_order, dtype
