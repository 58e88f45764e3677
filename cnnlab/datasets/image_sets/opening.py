"""Tell what kind of source a file or folder is, by its content, and open it with the reader for it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from cnnlab.datasets.image_sets import csv_files, folders, idx_pairs, npz_files, zip_files
from cnnlab.datasets.image_sets.csv_files import LabelColumn
from cnnlab.datasets.image_sets.source import Source, unreadable
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings

_EXPECTED = N_("Choose a ZIP file or a folder with a folder of images for each class, a CSV or NPZ file, or IDX files.")
_TABLES = (".csv", ".tsv", ".txt")


def opened(path: Path, settings: Settings, label_column: LabelColumn | None = None) -> AbstractContextManager[Source]:
    """Return a context manager that opens a file or folder as a source.

    Args:
        label_column: which column of a table holds the labels; None: tell by its content.

    Raises:
        DatasetError: the file does not exist or is of no known kind.
    """
    try:
        if path.is_dir():
            return idx_pairs.opened(path, settings) if idx_pairs.find(path) else folders.opened(path, settings)
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise unreadable(path.name, error, _EXPECTED) from error
    if start.startswith(b"PK"):
        is_npz = path.suffix.lower() == ".npz"
        return npz_files.opened(path, settings) if is_npz else zip_files.opened(path, settings)
    if start.startswith((b"\x00\x00\x08", b"\x1f\x8b")):
        return idx_pairs.opened(path, settings)
    if path.suffix.lower() in _TABLES:
        return csv_files.opened(path, settings, label_column)
    raise DatasetError(N_("{file} is no image set."), _EXPECTED, file=path.name)
