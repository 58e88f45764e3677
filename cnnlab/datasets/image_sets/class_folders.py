"""Tell classes and parts from the paths of image files: a folder per class, with or without train/val/test above.

Works on paths as text ("train/cat/1.jpg"), so that a ZIP file and a folder are read alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from cnnlab.datasets.image_sets.source import PartName, Skipped, check_classes, in_order, note
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_

IMAGE_ENDINGS = frozenset(
    (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif")
)
JUNK = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"))
"""Files and folders of Windows and macOS, in lower case; hidden ones begin with a dot."""
PART_FOLDERS: Mapping[str, PartName] = MappingProxyType(
    {
        "train": "train",
        "training": "train",
        "val": "validation",
        "valid": "validation",
        "validation": "validation",
        "dev": "validation",
        "test": "test",
        "testing": "test",
    }
)
"""Name of a folder, in lower case -> the part whose classes are in it."""


class Placed(NamedTuple):
    """An image file: its path, its class and, if given, its part."""

    path: str
    label: str
    part: PartName | None


class Arrangement(NamedTuple):
    """The image files of a source in their order, the number of junk files, and the files left out."""

    images: tuple[Placed, ...]
    ignored: int
    skipped: tuple[Skipped, ...]


def arrange(paths: Iterable[str]) -> Arrangement:
    """Sort files by class: the class is the first folder below the common ones and below train, val or test.

    Args:
        paths: paths of files, with "/" between folders.
    """
    known = sorted(paths, key=_by_numbers)
    kept = [path for path in known if not _junk(path)]
    files = [path for path in kept if _named_as_image(path)]
    others = [Skipped(path, note(N_("Not an image."))) for path in kept if not _named_as_image(path)]
    top = _common_folders([path.split("/") for path in files])
    names = {path.split("/")[top] for path in files}
    in_parts = bool(names) and all(name.lower() in PART_FOLDERS for name in names)
    images, unlabeled = [], []
    for path in files:
        *folders, _file = path.split("/")[top:]
        part = PART_FOLDERS[folders.pop(0).lower()] if in_parts and folders else None
        if folders:
            # Systems store the same letters in different ways (é as one character or two).
            images.append(Placed(path, unicodedata.normalize("NFC", folders[0]).strip(), part))
        else:
            unlabeled.append(Skipped(path, note(N_("Not in the folder of a class."))))
    return Arrangement(tuple(images), len(known) - len(kept), (*others, *unlabeled))


def _by_numbers(path: str) -> list[tuple[int, str]]:
    """Return what sorts paths as people count: photo 2 before photo 10."""
    return [(int(text), "") if text.isdecimal() else (-1, text) for text in re.split(r"(\d+)", path)]


def check_arranged(file: str, arranged: Arrangement, most_classes: int) -> tuple[str, ...]:
    """Return the class names in their order; `file` is the name of the source.

    Raises:
        DatasetError: there is no image in the folder of a class, fewer than two classes, or too many.
    """
    if not arranged.images:
        raise DatasetError(
            N_("{file} holds no images in folders of classes."),
            N_("Put the images of each class (PNG, JPEG, ...) into a folder named after it: cat/1.jpg, dog/1.jpg."),
            file=file,
        )
    class_names = in_order({image.label for image in arranged.images})
    check_classes(class_names, most_classes)
    return class_names


def _junk(path: str) -> bool:
    return any(name.startswith(".") or name.lower() in JUNK for name in path.split("/"))


def _named_as_image(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in IMAGE_ENDINGS


def _common_folders(paths: Sequence[Sequence[str]]) -> int:
    """Return how many folders all files share above their classes."""
    deepest = min((len(path) for path in paths), default=0) - 2
    count = 0
    while count < deepest and len({path[count] for path in paths}) == 1:
        count += 1
    return count
