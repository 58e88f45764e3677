"""Read images and labels from an NPZ file, under the names that people give them. Nothing in it is unpickled."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnnlab.datasets.image_sets.arrays import LabeledArray, to_images, to_labels, to_source
from cnnlab.datasets.image_sets.source import Note, PartName, Source, too_large, unreadable
from cnnlab.datasets.image_sets.zip_files import opened_archive
from cnnlab.errors import DatasetError
from cnnlab.files import DAMAGED, read_array
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings

Names = tuple[str, str, PartName]
LAYOUTS: tuple[tuple[Names, ...], ...] = (
    (
        ("x_train", "y_train", "train"),
        ("x_val", "y_val", "validation"),
        ("x_valid", "y_valid", "validation"),
        ("x_validation", "y_validation", "validation"),
        ("x_test", "y_test", "test"),
    ),
    (
        ("train_images", "train_labels", "train"),
        ("val_images", "val_labels", "validation"),
        ("test_images", "test_labels", "test"),
    ),
    (("images", "labels", "train"),),
    (("x", "y", "train"),),
    (("X", "y", "train"),),
    (("arr_0", "arr_1", "train"), ("arr_2", "arr_3", "test")),
)
"""Names of images and labels, and their part; a file with only one pair gives no parts."""
_EXPECTED = N_("Save the arrays with np.savez(file, images=..., labels=...).")


@contextmanager
def opened(path: Path, settings: Settings) -> Iterator[Source]:
    """Open an NPZ file as a source.

    Raises:
        DatasetError: it is damaged, too large, has no arrays of known names, or is not made of images and labels.
    """
    notes: list[Note] = []
    with opened_archive(path, settings.image_set_files, _EXPECTED) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        if size > settings.image_set_bytes:
            raise too_large(path.name, size, settings.image_set_bytes)
        pairs = _pairs(path.name, archive)
        try:
            arrays = [_read(path.name, archive, names, notes) for names in pairs]
        except DAMAGED as error:
            raise unreadable(path.name, error, _EXPECTED) from error
    if len(arrays) == 1:
        arrays = [arrays[0]._replace(part=None)]
    yield to_source(path.name, arrays, settings.image_set_classes, tuple(dict.fromkeys(notes)))


def _pairs(file: str, archive: zipfile.ZipFile) -> list[Names]:
    known = {name.removesuffix(".npy") for name in archive.namelist()}
    for layout in LAYOUTS:
        if found := [names for names in layout if {*names[:2]} <= known]:
            return found
    raise DatasetError(
        N_("{file} holds the arrays {received}; expected x_train and y_train, images and labels, or arr_0 and arr_1."),
        _EXPECTED,
        file=file,
        received=", ".join(sorted(known)[:10]),
    )


def _read(file: str, archive: zipfile.ZipFile, names: Names, notes: list[Note]) -> LabeledArray:
    images_name, labels_name, part = names
    most = archive.getinfo(f"{images_name}.npy").file_size
    images, said = to_images(f"{file}, {images_name}", read_array(archive, images_name, most, "iufb"))
    notes.extend(said)
    most = archive.getinfo(f"{labels_name}.npy").file_size
    labels = read_array(archive, labels_name, most, "iufbU")
    return LabeledArray(images, to_labels(f"{file}, {labels_name}", labels, len(images)), part)
