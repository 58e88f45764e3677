"""Image sets: created from your own files, stored in a folder of the Lab, and loaded like a built-in dataset."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from cnnlab.datasets.dataset import Dataset
from cnnlab.datasets.image_sets import near_duplicates, opening, originals, splitting, threads
from cnnlab.datasets.image_sets.csv_files import LabelColumn
from cnnlab.datasets.image_sets.image_set import FORMAT, ImageSet, Reading, content_digest, placed
from cnnlab.datasets.image_sets.originals import Index, OnProgress
from cnnlab.datasets.image_sets.shaping import Shape, shaped, suggest
from cnnlab.datasets.image_sets.source import AGAIN, unreadable
from cnnlab.datasets.image_sets.splitting import VALIDATION, Parts, Shares
from cnnlab.datasets.registry import is_image_set
from cnnlab.errors import DatasetError, explain_folder
from cnnlab.files import DAMAGED, new_folder, remove_folder, replacing
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings

_log = logging.getLogger(__name__)

FOLDER = "image-sets"
_DESCRIPTION = "set.json"
_ARRAYS = ("x_train", "y_train", "x_test", "y_test", "validation")


class ImageSets:
    """The image sets in a Lab's folder.

    Args:
        settings: the folder and the limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.home / FOLDER

    def create(
        self,
        source: str | Path,
        name: str = "",
        shape: Shape | None = None,
        shares: Shares | None = None,
        label_column: LabelColumn | None = None,
        on_progress: OnProgress | None = None,
    ) -> ImageSet:
        """Read images from files and store them as a new image set; nothing is stored if it fails.

        Args:
            source: a ZIP file or folder with a folder of images per class; or a CSV, NPZ or IDX file.
            name: what to call it; "" for the name of the file.
            shape: the shape of its images; None: as the files suggest.
            shares: how to divide it, as far as its files give no parts.
            label_column: which column of a CSV file holds the labels; None: tell by its content.
            on_progress: called with the number of images read and of all images. To stop, raise an exception in it.

        Raises:
            DatasetError: the files cannot be read as an image set, are past a limit, or a class has too few images.
            StoreError: the folder cannot be written.
        """
        path = Path(source)
        new = self._folder / f"set-{secrets.token_hex(4)}"
        room = self._settings.image_set_store_bytes - self._used()
        with (
            opening.opened(path, self._settings, label_column) as opened,
            explain_folder(self._folder),
            new_folder(new) as folder,
        ):
            index, skipped = originals.write(opened, folder, self._settings.image_set_pixels, room, on_progress)
            reading = Reading(opened.ignored, (*opened.skipped, *skipped), opened.notes)
            shape = shape or suggest(index.sizes, index.colored)
            created = ImageSet(
                new.name, name.strip() or path.stem, time.time(), opened.class_names, shape, shares or Shares(), (), "",
                reading, (),
            )  # fmt: skip
            return self._write_images(folder, created, index, room - _size(folder))

    def get(self, id: str) -> ImageSet:
        """Return the description of an image set. DatasetError if there is none with this id, or it is damaged."""
        path = self._existing(id) / _DESCRIPTION
        try:
            written = path.stat()
            return _described(path, written.st_mtime_ns, written.st_ino)
        except (OSError, ValidationError) as error:
            raise unreadable(id, error, AGAIN) from error

    def all(self) -> tuple[ImageSet, ...]:
        """Return the descriptions of all image sets, the newest first; damaged ones are left out, and logged."""
        found = []
        for path in self._folder.glob("set-*"):
            try:
                found.append(self.get(path.name))
            except DatasetError as error:
                _log.warning("%s", error)
        return tuple(sorted(found, key=lambda one: one.created, reverse=True))

    def load(self, id: str) -> Dataset:
        """Return the images of an image set. DatasetError if there is none with this id, or it is damaged."""
        found = self.get(id)
        arrays = self._read_arrays(found, _ARRAYS)
        for array in arrays.values():
            array.setflags(write=False)
        return Dataset(name=id, class_names=found.info.class_names, **arrays).checked()

    def file_names(self, id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names that the files of the training and of the test images had, in the order of the dataset.

        Raises:
            DatasetError: there is no such image set, or it is damaged.
        """
        places = self._read_arrays(self.get(id), ("train", "test"))
        names = originals.read_names(self._folder / id)
        train, test = (tuple(names[image] for image in places[part].tolist()) for part in ("train", "test"))
        return train, test

    def _read_arrays(self, described: ImageSet, names: Sequence[str]) -> dict[str, Any]:
        try:
            with np.load(self._images(self._folder / described.id, described), allow_pickle=False) as archive:
                return {name: archive[name] for name in names}
        except DAMAGED as error:
            raise unreadable(described.id, error, AGAIN) from error

    def change(self, id: str, shape: Shape | None = None, shares: Shares | None = None) -> ImageSet:
        """Give an image set another shape or division, from the originals; what is not given stays as it is.

        Raises:
            DatasetError: there is no such image set, it would be past a limit, or a class has too few images.
            StoreError: the folder cannot be written.
        """
        found, folder = self.get(id), self._folder / id
        changed = replace(found, shape=shape or found.shape, shares=shares or found.shares)
        with explain_folder(self._folder):
            room = self._settings.image_set_store_bytes - self._used()
            changed = self._write_images(folder, changed, originals.read_index(folder), room)
            for former in set(folder.glob("images-*")) - {self._images(folder, changed)}:
                former.unlink(missing_ok=True)
        return changed

    def delete(self, id: str) -> None:
        """Delete an image set for good. DatasetError if there is none with this id."""
        folder = self._existing(id)
        with explain_folder(self._folder):
            remove_folder(folder)

    def _existing(self, id: str) -> Path:
        """Return the folder of an image set. DatasetError if there is none with this id."""
        folder = self._folder / id
        if not is_image_set(id) or not folder.is_dir():
            raise DatasetError(N_("There is no image set “{id}”; it may have been deleted."), id=id)
        return folder

    def _write_images(self, folder: Path, described: ImageSet, index: Index, room: int) -> ImageSet:
        """Divide and shape the originals in a folder, write them there, and return the complete description."""
        self._check_size(described.shape, len(index.labels), room)
        groups = near_duplicates.groups(index.hashes, index.thumbnails, index.sizes)
        together = groups if described.shares.keep_together else np.arange(len(groups))
        names = described.class_names
        parts = splitting.divide(index.labels, together, index.given, described.shares, names)
        train, test = placed(parts, described.shares.seed)
        dataset = _dataset(folder, index, train, test, described, np.flatnonzero(parts[train] == VALIDATION))
        complete = replace(
            described,
            counts=splitting.counts(index.labels, parts, len(names)),
            digest=content_digest(dataset),
            notes=tuple(splitting.notes(index.labels, groups, parts, names)),
        )
        with replacing(self._images(folder, complete)) as unfinished:
            np.savez(unfinished, train=train, test=test, **{name: getattr(dataset, name) for name in _ARRAYS})
        with replacing(folder / _DESCRIPTION) as unfinished:
            unfinished.write_bytes(FORMAT.dump_json(complete))
        return complete

    def _check_size(self, shape: Shape, count: int, room: int) -> None:
        """Refuse a shape whose images take more memory than the limit, or more than the room on the disk."""
        size = count * int(np.prod(shape.input_shape))
        if size > self._settings.image_set_bytes:
            raise DatasetError(
                N_("{count:,} images of {size}×{size} pixels take {needed:,.0f} MB; the limit is {most:,.0f} MB."),
                N_("Choose a smaller size or gray images, or raise the limit: {variable}."),
                count=count,
                size=shape.size,
                needed=size / 1e6,
                most=self._settings.image_set_bytes / 1e6,
                variable="CNNLAB_IMAGE_SET_BYTES",
            )
        if size > room:
            raise originals.store_full(room)

    def _used(self) -> int:
        return sum(map(_size, self._folder.glob("*")))

    @staticmethod
    def _images(folder: Path, described: ImageSet) -> Path:
        return folder / f"images-{described.digest[:16]}.npz"


def _dataset(folder: Path, index: Index, train: Parts, test: Parts, described: ImageSet, validation: Parts) -> Dataset:
    """Return the originals as a dataset; each is shaped right into its place, so that all are held only once."""
    x_train, x_test = (np.empty((len(part), *described.shape.input_shape), np.uint8) for part in (train, test))
    places = {int(image): (x, row) for x, part in ((x_train, train), (x_test, test)) for row, image in enumerate(part)}
    shape = partial(shaped, shape=described.shape)
    for image, pixels in enumerate(threads.in_order(shape, originals.read_files(folder, index))):
        x, row = places[image]
        x[row] = pixels
    return Dataset(
        name=described.id,
        x_train=x_train,
        y_train=index.labels[train],
        x_test=x_test,
        y_test=index.labels[test],
        class_names=described.class_names,
        validation=validation,
    )


@lru_cache(maxsize=64)
def _described(path: Path, written: int, inode: int) -> ImageSet:
    """Return the description in a file; when it was written, and its inode, invalidate the cache."""
    return FORMAT.validate_json(path.read_bytes())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
