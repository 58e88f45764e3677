"""Read pairs of IDX files, one of images and one of labels, as MNIST, EMNIST and KMNIST are published."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnnlab.datasets.idx_files import read_values
from cnnlab.datasets.image_sets.arrays import LabeledArray, to_source
from cnnlab.datasets.image_sets.source import Note, PartName, Source, note, unreadable
from cnnlab.errors import DatasetError
from cnnlab.files import DAMAGED
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings

_IMAGES = re.compile(r"(?P<start>.*)images(?P<dot>[-.])idx3(?P<end>.*)", re.IGNORECASE)
_TEST = re.compile(r"t10k|test", re.IGNORECASE)
_PART = re.compile(r"t10k|test|train", re.IGNORECASE)
_EXPECTED = N_("Choose a file of images whose labels are beside it, such as train-images-idx3-ubyte.gz.")
_LETTERS = string.ascii_uppercase
_MERGED = string.digits + _LETTERS + "abdefghnqrt"
EMNIST_CLASSES = {"letters": _LETTERS, "balanced": _MERGED, "bymerge": _MERGED,
                  "byclass": string.digits + string.ascii_letters.swapcase()}  # fmt: skip
"""Part of EMNIST -> its classes in the order of the labels. Source: Cohen and others, 2017, arXiv:1702.05373."""


class Pair(NamedTuple):
    """Two IDX files that belong together."""

    images: Path
    labels: Path

    @property
    def part(self) -> PartName:
        """Return the part by the name of the file."""
        return "test" if _TEST.search(self.images.name) else "train"


def find(folder: Path) -> list[Pair]:
    """Return the pairs of IDX files in a folder."""
    return [pair for path in sorted(folder.iterdir()) if (pair := _pair(path))]


def _pair(images: Path) -> Pair | None:
    found = _IMAGES.fullmatch(images.name)
    if not found or not images.is_file():
        return None
    labels = images.with_name(f"{found['start']}labels{found['dot']}idx1{found['end']}")
    return Pair(images, labels) if labels.is_file() else None


@contextmanager
def opened(path: Path, settings: Settings) -> Iterator[Source]:
    """Open a folder with IDX files, or a file of images that has its labels beside it, as a source.

    Raises:
        DatasetError: files are missing, damaged, too large or belong to several datasets.
    """
    pairs = find(path) if path.is_dir() else _with_other_part(path)
    families = {_PART.sub("", pair.images.name) for pair in pairs}
    if len(families) != 1:
        raise DatasetError(
            N_("{file}: expected the IDX files of one dataset, images and labels; received those of {count}."),
            _EXPECTED,
            file=path.name,
            count=len(families),
        )
    read = [_read(pair, settings.image_set_bytes) for pair in pairs]
    names, notes = _names(pairs[0].images.name, [labels for _images, labels in read])
    arrays = [
        LabeledArray(
            images.transpose(0, 2, 1) if names else images,
            [names.get(label, str(label)) for label in labels.tolist()],
            pair.part if len(pairs) > 1 else None,
        )
        for pair, (images, labels) in zip(pairs, read, strict=True)
    ]
    yield to_source(path.name, arrays, settings.image_set_classes, notes)


def _with_other_part(path: Path) -> list[Pair]:
    """Return the pair of a file of images, and that of the other part if it is beside it."""
    family = _PART.sub("", path.name)
    return [pair for pair in find(path.parent) if _PART.sub("", pair.images.name) == family]


def _read(pair: Pair, max_bytes: int) -> tuple[np.ndarray, np.ndarray]:
    values = []
    for path in pair:
        try:
            values.append(read_values(path, max_bytes))
        except DAMAGED as error:
            raise unreadable(path.name, error, _EXPECTED) from error
    images, labels = values
    if images.ndim != 3 or 0 in images.shape or labels.shape != images.shape[:1]:
        raise DatasetError(
            N_("{file}: {images} images of shape {shape} do not match labels of shape {labels}."),
            _EXPECTED,
            file=pair.images.name,
            images=len(images),
            shape=str(images.shape[1:]),
            labels=str(labels.shape),
        )
    return images, labels


def _names(file: str, labels: Sequence[np.ndarray]) -> tuple[dict[int, str], list[Note]]:
    """Return label -> class name and what to say for EMNIST, whose images are transposed; nothing for other datasets.

    EMNIST is recognized by the name of the file, its letters also by their labels, which are 1 to 26.
    """
    every = np.unique(np.concatenate(labels)).tolist()
    letters = every == list(range(1, len(_LETTERS) + 1))
    if "emnist" not in file.lower() and not letters:
        return {}, []
    notes = [note(N_("These files are EMNIST's, whose images are transposed; they were turned upright."))]
    kind = next((kind for kind in EMNIST_CLASSES if kind in file.lower()), "letters" if letters else "digits")
    first = int(letters)
    if letters:
        notes.append(note(N_("The labels 1 to 26 are the letters A to Z.")))
    return dict(enumerate(EMNIST_CLASSES.get(kind, string.digits), start=first)), notes
