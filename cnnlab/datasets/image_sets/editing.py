"""Corrections of an image set: images that were moved to another class or removed, and what is left after them.

Corrections are kept as a list beside the untouched originals, so that each can be undone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.image_sets import splitting
from cnnlab.datasets.image_sets.originals import Index
from cnnlab.datasets.image_sets.shaping import Shape, suggest
from cnnlab.datasets.image_sets.source import check_classes
from cnnlab.datasets.image_sets.splitting import TEST, TRAIN, VALIDATION, Parts, Shares
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_

MAX_CLASS_NAME = 60


@dataclass(frozen=True)
class Edit:
    """One correction.

    Attributes:
        images: numbers of the originals, counting from 0.
        label: the name of the class that they were moved to; None: they were removed.
    """

    images: tuple[int, ...]
    label: str | None


@dataclass(frozen=True, eq=False)
class Contents:
    """The images of a set after all corrections; arrays have the length n.

    Attributes:
        images: numbers of the originals, increasing.
        labels: class of each, an index into `class_names`.
        parts: part of each, see `splitting`.
        groups: near-duplicates have the same number.
        class_names: one per class.
        suggested: the shape that suits them.
        given: the parts that the files gave, so that shares do not matter for them.
    """

    images: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    parts: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    suggested: Shape
    given: tuple[int, ...]


def checked_class(name: str) -> str:
    """Return the name of a class as it is stored. DatasetError if it is empty, too long or has several lines."""
    found = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(found) <= MAX_CLASS_NAME or any(unicodedata.category(letter)[0] == "C" for letter in found):
        raise DatasetError(
            N_("The name of a class must have 1 to {most} characters, on one line."),
            N_("Choose another name."),
            most=MAX_CLASS_NAME,
        )
    return found


def contents(
    index: Index,
    groups: npt.NDArray[np.int64],
    first_names: Sequence[str],
    edits: Sequence[Edit],
    shares: Shares,
    most_classes: int,
) -> Contents:
    """Return what is in a set: its originals after the corrections, divided.

    Corrections leave every other image in its part, so that no test image is suddenly learned from. Only where a class
    would miss a part is everything divided again.

    Args:
        groups: near-duplicates among all originals.
        first_names: the classes before the corrections.

    Raises:
        DatasetError: fewer than two classes are left, there are too many, or one has too few images.
    """
    together = groups if shares.keep_together else np.arange(len(groups))
    if not edits:
        parts = splitting.divide(index.labels, together, index.given, shares, first_names)
        return _contents(index, np.arange(len(parts)), index.labels, parts, groups, tuple(first_names))
    texts = np.array([*first_names], object)[index.labels]
    kept = np.ones(len(texts), bool)
    for edit in edits:
        chosen = list(edit.images)
        kept[chosen] = edit.label is not None
        if edit.label is not None:
            texts[chosen] = edit.label
    names = _names(first_names, set(texts[kept].tolist()))
    check_classes(names, most_classes)
    numbers = {name: number for number, name in enumerate(names)}
    labels = np.array([numbers[text] for text in texts[kept].tolist()], np.int64)
    parts = _parts(index, kept, labels, together, shares, names, first_names)
    return _contents(index, np.flatnonzero(kept), labels, parts, groups, names)


def _contents(
    index: Index, images: Parts, labels: Parts, parts: Parts, groups: Parts, names: tuple[str, ...]
) -> Contents:
    suggested = suggest(index.sizes[images], index.colored[images])
    given = tuple(part for part in (TRAIN, VALIDATION, TEST) if part in index.given[images])
    return Contents(images, labels, parts, groups[images], names, suggested, given)


def _parts(
    index: Index,
    kept: npt.NDArray[np.bool_],
    labels: Parts,
    together: Parts,
    shares: Shares,
    names: Sequence[str],
    first_names: Sequence[str],
) -> Parts:
    given = index.given[kept]
    parts = splitting.divide(index.labels, together, index.given, shares, first_names)[kept]
    needed = [part for part in (TRAIN, VALIDATION, TEST) if part == TRAIN or part not in given]
    there = {*zip(labels.tolist(), parts.tolist(), strict=True)}
    if all((label, part) in there for label in range(len(names)) for part in needed):
        return parts
    return splitting.divide(labels, together[kept], given, shares, names)


def _names(first: Sequence[str], left: set[str]) -> tuple[str, ...]:
    """Return the classes that have images: those there were in their order, then new ones."""
    return (*(name for name in first if name in left), *sorted(left - {*first}))


def near_duplicates(inside: Contents) -> list[npt.NDArray[np.int64]]:
    """Return the places in `inside` of each group of near-duplicates: those across classes first, then the largest."""
    order = np.argsort(inside.groups, kind="stable")
    starts = np.flatnonzero(np.diff(inside.groups[order])) + 1
    groups = [group for group in np.split(order, starts) if len(group) > 1]
    return sorted(groups, key=lambda group: (-len(np.unique(inside.labels[group])), -len(group), group[0]))
