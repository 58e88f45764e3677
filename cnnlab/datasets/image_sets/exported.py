"""Image sets as ZIP files that any program can read, and that give the same image set in another Lab.

Layout: `train/`, `val/` and `test/` with a folder per class, and `cnnlab-set.json` with what folders cannot say. The
names of the files begin with their place in the set, since the order of the images belongs to a digest.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from cnnlab.datasets.image_sets import originals
from cnnlab.datasets.image_sets.class_folders import JUNK, PART_FOLDERS, Placed
from cnnlab.datasets.image_sets.editing import Contents, checked_class
from cnnlab.datasets.image_sets.image_set import MAX_NAME, MAX_TEXT, Description, ImageSet, checked_text
from cnnlab.datasets.image_sets.originals import Index
from cnnlab.datasets.image_sets.shaping import Shape
from cnnlab.datasets.image_sets.source import Source, unreadable
from cnnlab.datasets.image_sets.splitting import Shares
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_

FILE = "cnnlab-set.json"
MAX_BYTES = 1_000_000
PART_NAMES = ("train", "val", "test")
"""Folders of the parts, in the order of `splitting`'s numbers."""
_EXPECTED = N_("Export the image set again, or delete this file from the ZIP file: the folders alone can be read too.")
_FOLDER = re.compile(r"\w(?:[\w .,()&+-]{0,78}[\w)])?")
_PLACE = re.compile(r"(\d{1,9})-")


@dataclass(frozen=True)
class Class:
    """A class and the name of its folders, which differs if the class's own name cannot be one."""

    name: str
    folder: str


@dataclass(frozen=True)
class Exported:
    """What an exported image set says beside its folders.

    Attributes:
        format: 1.
        name, shape, shares, description: those of the image set.
        classes: in the order of the labels.
    """

    format: Literal[1]
    name: str
    shape: Shape
    shares: Shares
    classes: tuple[Class, ...]
    description: Description

    def ordered(self, found: Iterable[str]) -> tuple[str, ...]:
        """Return those of the classes that were found in their order, then others in the order as given."""
        left = list(found)
        known = [one.name for one in self.classes if one.name in left]
        return (*known, *(name for name in left if name not in known))

    def placed(self, images: Sequence[Placed]) -> tuple[Placed, ...]:
        """Return image files in the order of the set, with the names of their classes."""
        names = {one.folder: one.name for one in self.classes}
        return tuple(
            image._replace(label=names.get(image.label, image.label)) for image in sorted(images, key=_by_place)
        )


@dataclass(frozen=True)
class ExportedSource(Source):
    """The images of an exported image set, and what it says about itself."""

    exported: Exported | None = None


_FORMAT = TypeAdapter(Exported)


def find(paths: Iterable[str]) -> str | None:
    """Return the path of the description among the files of a ZIP file, at its top or in its only folder."""
    found = [path for path in paths if path.rpartition("/")[2] == FILE and path.count("/") <= 1]
    return min(found, key=len) if found else None


def read(content: bytes) -> Exported:
    """Return the description in a ZIP file. DatasetError if it is not one."""
    try:
        found = _FORMAT.validate_json(content)
        checked_text(found.name, MAX_NAME, least=1)
        for text in (found.description.source, found.description.license):
            checked_text(text, MAX_TEXT)
        for one in found.classes:
            checked_class(one.name)
        return found
    except (ValidationError, DatasetError) as error:
        detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise unreadable(FILE, ValueError(detail), _EXPECTED) from error


def write(folder: Path, described: ImageSet, index: Index, inside: Contents, target: Path) -> None:
    """Write the image set in a folder as a ZIP file."""
    folders = _folders(described.class_names)
    names = originals.read_names(folder)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(FILE, _FORMAT.dump_json(_exported(described, folders), indent=2))
        for place, content in enumerate(originals.read_chosen(folder, index, inside.images.tolist())):
            stem = re.sub(r"[^\w-]+", "_", PurePosixPath(names[inside.images[place]]).stem)[:40]
            ending = "jpg" if content.startswith(b"\xff\xd8") else "png"
            inside_of = f"{PART_NAMES[inside.parts[place]]}/{folders[inside.labels[place]]}"
            archive.writestr(f"{inside_of}/{place:06d}-{stem}.{ending}", content)


def _exported(described: ImageSet, folders: Sequence[str]) -> Exported:
    classes = tuple(Class(name, folder) for name, folder in zip(described.class_names, folders, strict=True))
    return Exported(1, described.name, described.shape, described.shares, classes, described.description)


def _folders(names: Sequence[str]) -> list[str]:
    """Return the name of a folder for each class: the class's own where every system can have it, and only once."""
    found: list[str] = []
    for number, name in enumerate(names):
        own = unicodedata.normalize("NFC", name) == name and _FOLDER.fullmatch(name)
        taken = {folder.casefold() for folder in found} | JUNK | {*PART_FOLDERS}
        found.append(name if own and name.casefold() not in taken else f"class-{number}")
    return found


def _by_place(image: Placed) -> tuple[Any, ...]:
    found = _PLACE.match(image.path.rpartition("/")[2])
    return (0, int(found[1]), "") if found else (1, 0, image.path)
