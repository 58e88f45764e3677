"""Image sets: created from your own files, stored in a folder of the Lab, and loaded like a built-in dataset."""

from __future__ import annotations

import logging
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from cnnlab.datasets.dataset import Dataset
from cnnlab.datasets.image_sets import exported, opening, originals, writing
from cnnlab.datasets.image_sets.csv_files import LabelColumn
from cnnlab.datasets.image_sets.editing import Contents, Edit, checked_class
from cnnlab.datasets.image_sets.exported import ExportedSource
from cnnlab.datasets.image_sets.image_set import (
    FORMAT,
    MAX_NAME,
    MAX_TEXT,
    Description,
    ImageSet,
    Reading,
    checked_text,
)
from cnnlab.datasets.image_sets.originals import OnProgress
from cnnlab.datasets.image_sets.shaping import Shape, suggest
from cnnlab.datasets.image_sets.source import AGAIN, unreadable
from cnnlab.datasets.image_sets.splitting import Shares
from cnnlab.datasets.registry import is_image_set
from cnnlab.errors import DatasetError, explain_folder
from cnnlab.files import DAMAGED, UNFINISHED, new_folder, remove_folder, replacing
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings

_log = logging.getLogger(__name__)

FOLDER = "image-sets"


def new_id() -> str:
    """Return the id of an image set that is to be created."""
    return f"set-{secrets.token_hex(4)}"


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
        id: str = "",
    ) -> ImageSet:
        """Read images from files and store them as a new image set; nothing is stored if it fails.

        Args:
            source: a ZIP file or folder with a folder of images per class; or a CSV, NPZ or IDX file.
            name: what to call it; "" for the name of the file.
            shape: the shape of its images; None: as the files suggest.
            shares: how to divide it, as far as its files give no parts.
            label_column: which column of a CSV file holds the labels; None: tell by its content.
            on_progress: called with the number of images read and of all images. To stop, raise an exception in it.
            id: "" for a new one; see `new_id`.

        Raises:
            DatasetError: the files cannot be read as an image set, are past a limit, or a class has too few images.
            StoreError: the folder cannot be written.
        """
        path = Path(source)
        new = self._folder / (id or new_id())
        room = self._settings.image_set_store_bytes - self._used()
        with (
            opening.opened(path, self._settings, label_column) as opened,
            explain_folder(self._folder),
            new_folder(new) as folder,
        ):
            index, skipped = originals.write(opened, folder, self._settings.image_set_pixels, room, on_progress)
            reading = Reading(opened.ignored, (*opened.skipped, *skipped), opened.notes)
            told = opened.exported if isinstance(opened, ExportedSource) else None
            created = ImageSet(
                id=new.name,
                name=name.strip() or (told.name if told else path.stem),
                created=time.time(),
                class_names=opened.class_names,
                shape=shape or (told.shape if told else suggest(index.sizes, index.colored)),
                shares=shares or (told.shares if told else Shares()),
                counts=(),
                digest="",
                reading=reading,
                notes=(),
                description=told.description if told else Description(),
            )
            return writing.write(folder, created, index, self._settings, room - _size(folder))

    def get(self, id: str) -> ImageSet:
        """Return the description of an image set. DatasetError if there is none with this id, or it is damaged."""
        path = self._existing(id) / writing.DESCRIPTION
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
        arrays = self._read_arrays(found, writing.ARRAYS)
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
            with np.load(writing.images_file(self._folder / described.id, described), allow_pickle=False) as archive:
                return {name: archive[name] for name in names}
        except DAMAGED as error:
            raise unreadable(described.id, error, AGAIN) from error

    def change(
        self,
        id: str,
        shape: Shape | None = None,
        shares: Shares | None = None,
        on_progress: OnProgress | None = None,
    ) -> ImageSet:
        """Give an image set another shape or division, from the originals; what is not given stays as it is.

        Raises:
            DatasetError: there is no such image set, it would be past a limit, or a class has too few images.
            StoreError: the folder cannot be written.
        """
        found = self.get(id)
        return self._rewrite(found, on_progress, shape=shape or found.shape, shares=shares or found.shares)

    def edit(
        self, id: str, images: Sequence[int], label: str | None, on_progress: OnProgress | None = None
    ) -> ImageSet:
        """Move images to another class, also a new one, or remove them. Every other image stays in its part.

        Args:
            images: numbers of the originals, see `contents`.
            label: the name of the class; None removes the images.

        Raises:
            DatasetError: there is no such image set or image, the name is invalid, or a class has too few images left.
            StoreError: the folder cannot be written.
        """
        found = self.get(id)
        known = set(self.contents(id).images.tolist())
        if not images or not known.issuperset(images):
            raise DatasetError(N_("These images are no longer in the image set."), N_("Select them again."))
        edit = Edit(tuple(sorted(set(images))), label if label is None else checked_class(label))
        first = found.first_classes or found.class_names
        return self._rewrite(found, on_progress, edits=(*found.edits, edit), first_classes=first)

    def undo(self, id: str, on_progress: OnProgress | None = None) -> ImageSet:
        """Undo the last correction of an image set.

        Raises:
            DatasetError: there is no such image set, or nothing to undo.
            StoreError: the folder cannot be written.
        """
        found = self.get(id)
        if not found.edits:
            raise DatasetError(N_("There is nothing to undo."))
        if len(found.edits) == 1:
            return self._rewrite(found, on_progress, edits=(), class_names=found.first_classes, first_classes=())
        return self._rewrite(found, on_progress, edits=found.edits[:-1])

    def _rewrite(self, found: ImageSet, on_progress: OnProgress | None, **changes: Any) -> ImageSet:
        """Write the images of a set again after changes to its description."""
        folder, changed = self._folder / found.id, replace(found, **changes)
        before = writing.images_file(folder, found) if changed.shape == found.shape else None
        with explain_folder(self._folder):
            room = self._settings.image_set_store_bytes - self._used()
            index = originals.read_index(folder)
            changed = writing.write(folder, changed, index, self._settings, room, on_progress, before)
            for former in set(folder.glob("images-*")) - {writing.images_file(folder, changed)}:
                former.unlink(missing_ok=True)
        return changed

    def rename(self, id: str, name: str) -> ImageSet:
        """Give an image set another name. DatasetError if there is no such set, or the name is empty or too long."""
        return self._describe(id, name=checked_text(name, MAX_NAME, least=1))

    def describe(self, id: str, description: Description) -> ImageSet:
        """Say where the images of a set are from. DatasetError if there is no such set, or a text is too long."""
        for text in (description.source, description.license):
            checked_text(text, MAX_TEXT)
        return self._describe(id, description=description)

    def _describe(self, id: str, **changes: Any) -> ImageSet:
        changed = replace(self.get(id), **changes)
        with explain_folder(self._folder):
            writing.describe(self._folder / id, changed)
        return changed

    def contents(self, id: str) -> Contents:
        """Return what is in an image set, in the order of its originals. DatasetError if it is missing or damaged."""
        found, folder = self.get(id), self._folder / id
        return writing.contents(folder, found, originals.read_index(folder), self._settings)

    def originals(self, id: str, numbers: Sequence[int]) -> list[tuple[str, bytes]]:
        """Return originals of an image set: their names, and PNG or JPEG files of at most 320 pixels in each direction.

        Raises:
            DatasetError: there is no such image set, or it is damaged.
        """
        folder = self._existing(id)
        files = originals.read_chosen(folder, originals.read_index(folder), numbers)
        names = originals.read_names(folder)
        return [(names[number], file) for number, file in zip(numbers, files, strict=True)]

    def export_zip(self, id: str, target: Path) -> None:
        """Write an image set as a ZIP file, which gives the same digest when it is read; see `exported`.

        Raises:
            DatasetError: there is no such image set, or it is damaged.
            StoreError: the file cannot be written.
        """
        found, folder = self.get(id), self._folder / id
        index = originals.read_index(folder)
        inside = writing.contents(folder, found, index, self._settings)
        with explain_folder(target.parent), replacing(target) as unfinished:
            exported.write(folder, found, index, inside, unfinished)

    def clean(self, id: str) -> None:
        """Remove what a process that was killed while it wrote an image set has left."""
        for left in self._folder.glob(f"{UNFINISHED}*-{id}"):
            shutil.rmtree(left, ignore_errors=True)
        for file in (self._folder / id).glob(f"{UNFINISHED}*"):
            file.unlink(missing_ok=True)

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

    def _used(self) -> int:
        return sum(map(_size, self._folder.glob("*")))


@lru_cache(maxsize=64)
def _described(path: Path, written: int, inode: int) -> ImageSet:
    """Return the description in a file; when it was written, and its inode, invalidate the cache."""
    return FORMAT.validate_json(path.read_bytes())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())
