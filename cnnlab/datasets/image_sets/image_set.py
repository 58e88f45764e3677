"""The description of a stored image set, and its images as a Dataset."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from cnnlab.datasets.dataset import Dataset
from cnnlab.datasets.image_sets.editing import Edit
from cnnlab.datasets.image_sets.shaping import Shape
from cnnlab.datasets.image_sets.source import Note, Skipped
from cnnlab.datasets.image_sets.splitting import TEST, TRAIN, VALIDATION, Shares
from cnnlab.datasets.registry import DatasetInfo
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_, Verbatim


@dataclass(frozen=True)
class Reading:
    """What happened while an image set was read.

    Attributes:
        ignored: number of files that systems and programs add, such as `Thumbs.db` and hidden files.
        skipped: files that were left out, with the reason.
        notes: what was recognized and put right.
    """

    ignored: int
    skipped: tuple[Skipped, ...]
    notes: tuple[Note, ...]


Consent = Literal["", "nobody", "agreed"]
"""Whether people can be recognized: not said, nobody, or everyone who can be has agreed."""
MAX_NAME, MAX_TEXT = 60, 500
"""Maximum number of characters of a name, and of each text of a description."""


@dataclass(frozen=True)
class Description:
    """Where the images of a set are from.

    Attributes:
        source: who made them, or where they were found.
        license: the terms of use.
        consent: photos of people are personal data.
    """

    source: str = ""
    license: str = ""
    consent: Consent = ""


@dataclass(frozen=True)
class ImageSet:
    """A stored image set.

    Attributes:
        id: names its folder, and the dataset.
        name: the name that people gave it.
        created: when, in seconds since 1970.
        class_names: one per class, in the order of the labels.
        shape: the shape of its images.
        shares: how it was divided.
        counts: number of training, validation and test images of each class.
        digest: hexadecimal SHA-256 over its class names and all images, labels and parts.
        reading: what was left out or put right while its files were read.
        notes: what to know about its division.
        description: where its images are from.
        edits: its corrections, the first one first.
        first_classes: its classes before the corrections; empty if there are none.
    """

    id: str
    name: str
    created: float
    class_names: tuple[str, ...]
    shape: Shape
    shares: Shares
    counts: tuple[tuple[int, int, int], ...]
    digest: str
    reading: Reading
    notes: tuple[Note, ...]
    description: Description = Description()
    edits: tuple[Edit, ...] = ()
    first_classes: tuple[str, ...] = ()

    @property
    def images(self) -> int:
        """Return the number of images."""
        return sum(map(sum, self.counts))

    @property
    def info(self) -> DatasetInfo:
        """Return its description as a dataset; validation images are training images of a dataset."""
        train, validation, test = (sum(one[part] for one in self.counts) for part in (TRAIN, VALIDATION, TEST))
        return DatasetInfo(
            name=self.id,
            title=Verbatim(self.name),
            description="",
            input_shape=self.shape.input_shape,
            class_names=tuple(map(Verbatim, self.class_names)),
            train_size=train + validation,
            test_size=test,
            credit=Verbatim(self.description.source),
            license=Verbatim(self.description.license),
            digest=self.digest,
            validation_size=validation,
            counts=self.counts,
            fit=self.shape.fit,
        )


def checked_text(text: str, most: int, least: int = 0) -> str:
    """Return a text without space around it. DatasetError if it has fewer or more characters, or unprintable ones."""
    found = unicodedata.normalize("NFC", text).strip()
    if not least <= len(found) <= most or any(unicodedata.category(letter) in ("Cc", "Cs") for letter in found):
        raise DatasetError(
            N_("Expected a text of {least} to {most} characters, on one line; received {count}."),
            N_("Choose another text."),
            least=least,
            most=most,
            count=len(found),
        )
    return found


FORMAT = TypeAdapter(ImageSet)
"""Writes and reads an image set as JSON."""


def placed(parts: npt.NDArray[np.int64], seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return which images are training and validation images, and which are test images, shuffled by the seed.

    Validation images are spread evenly among the training images, so that the first images of a set, which is what a
    small `train_size` uses, hold some of both.
    """
    order = np.random.RandomState(seed).permutation(len(parts))
    train, validation, test = (order[parts[order] == part] for part in (TRAIN, VALIDATION, TEST))
    places = np.concatenate([(np.arange(len(part)) + 0.5) / max(len(part), 1) for part in (train, validation)])
    return np.concatenate([train, validation])[np.argsort(places, kind="stable")], test


def content_digest(dataset: Dataset) -> str:
    """Return the hexadecimal SHA-256 over class names, images, labels and which images are for validation."""
    arrays = (dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test, dataset.validation)
    content = hashlib.sha256(json.dumps(dataset.class_names).encode())
    for array in arrays:
        if array is not None:
            content.update(f"{array.shape} {array.dtype.str}".encode())
            content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()
