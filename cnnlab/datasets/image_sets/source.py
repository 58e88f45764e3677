"""What every reader of image sets yields: labeled images, and what it left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from cnnlab.errors import CNNLabError, DatasetError, translated
from cnnlab.i18n.marks import N_, Translate, untranslated

PartName = Literal["train", "validation", "test"]
AGAIN = N_("Delete the image set and create it again.")
PARTS: tuple[PartName, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Note:
    """Something to know about an image set: a marked text and its values."""

    text: str
    values: tuple[tuple[str, str | int | float], ...] = ()

    def sentence(self, translate: Translate = untranslated) -> str:
        """Return the text with its values filled in."""
        return translated(self.text, dict(self.values), translate)


def note(text: str, **values: str | int | float) -> Note:
    """Return a note with its values."""
    return Note(text, tuple(values.items()))


@dataclass(frozen=True)
class Skipped:
    """A file that was left out: its name, why, and what to do about it (a marked text; "" if nothing)."""

    name: str
    reason: Note
    remedy: str = ""

    def sentences(self, translate: Translate = untranslated) -> tuple[str, str]:
        """Return the reason and the remedy, translated and with their values filled in."""
        return self.reason.sentence(translate), translated(self.remedy, dict(self.reason.values), translate)


def skipped(name: str, error: CNNLabError) -> Skipped:
    """Return what to say about a file that could not be read."""
    return Skipped(name, Note(error.problem, tuple(error.values.items())), error.remedy)


class LabeledImage(NamedTuple):
    """One image of a source.

    Attributes:
        name: its path in the source, or its row: "row 12".
        label: the name of its class.
        part: the part that the source gives it; None: not given.
        content: an image file, or pixels uint8 (height, width) or (height, width, 3).
    """

    name: str
    label: str
    part: PartName | None
    content: bytes | npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Source:
    """Labeled images, read one after the other.

    Attributes:
        images: the images; can be read once. What cannot be read comes as `Skipped`.
        count: how many there are, damaged ones included.
        class_names: the classes in their order.
        ignored: number of files that systems and programs add, such as `Thumbs.db` and hidden files.
        skipped: other files that are not images of a class.
        notes: what was recognized and put right.
    """

    images: Iterator[LabeledImage | Skipped]
    count: int
    class_names: tuple[str, ...]
    ignored: int = 0
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()


def in_order(labels: set[str]) -> tuple[str, ...]:
    """Return class names in order: numbers by value, then words by letter."""
    return tuple(sorted(labels, key=lambda name: (not _number(name), int(name) if _number(name) else 0, name)))


def check_classes(names: tuple[str, ...], most: int) -> None:
    """Check the number of classes.

    Raises:
        DatasetError: there are fewer than two, or more than `most`.
    """
    if len(names) < 2:
        raise DatasetError(
            N_("There is nothing to distinguish: expected images of at least 2 classes, received {classes}."),
            N_("Give each class a folder with its images, or a label of its own."),
            classes=", ".join(names) or "0",
        )
    if len(names) > most:
        raise DatasetError(
            N_("The images have {count:,} classes; the limit is {most:,}."),
            N_("Check what the labels are, or raise the limit: {variable}."),
            count=len(names),
            most=most,
            variable="CNNLAB_IMAGE_SET_CLASSES",
        )


def too_large(name: str, size: float, most: float) -> DatasetError:
    """Return the error for a source of more bytes than the limit."""
    return DatasetError(
        N_("{file} holds {size:,.0f} MB of data, unpacked; the limit is {most:,.0f} MB."),
        N_("Take fewer or smaller images, or raise the limit: {variable}."),
        file=name,
        size=size / 1e6,
        most=most / 1e6,
        variable="CNNLAB_IMAGE_SET_BYTES",
    )


def too_many(name: str, count: int, most: int) -> DatasetError:
    """Return the error for a source of more files than the limit."""
    return DatasetError(
        N_("{file} holds {count:,} files; the limit is {most:,}."),
        N_("Take fewer images, or raise the limit: {variable}."),
        file=name,
        count=count,
        most=most,
        variable="CNNLAB_IMAGE_SET_FILES",
    )


def unreadable(name: str, error: Exception, expected: str) -> DatasetError:
    """Return the error for a damaged or foreign file; `expected` is a marked sentence."""
    detail = str(error).rstrip(".") or type(error).__name__
    return DatasetError(N_("{file} cannot be read: {detail}."), expected, file=name, detail=detail)


def _number(name: str) -> bool:
    return name.isascii() and name.isdigit()
