"""Divide images into training, validation and test images: stratified, by a seed, near-duplicates on one side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.image_sets.source import Note, note
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_

TRAIN, VALIDATION, TEST = range(3)
"""Numbers of the parts, in the order of `source.PARTS`."""
NOT_GIVEN = -1
MAX_HELD_OUT = 0.8
FEW = 20
"""Below this many images of a class, a note says that results vary by chance."""
_DIFFER = N_("Add images that differ more, or allow near-duplicates in several parts.")

Parts = npt.NDArray[np.int64]


class TooAlikeError(DatasetError):
    """Near-duplicates that stay together leave a class without enough images that differ (`Shares.keep_together`)."""


@dataclass(frozen=True)
class Shares:
    """How the images of a set are divided, as far as its files give no parts.

    Attributes:
        validation, test: share of the images, 0.01 to 0.5; together at most 0.8.
        seed: random seed of the choice.
        keep_together: keep near-duplicates in one part.

    Raises:
        DatasetError: a share is out of range.
    """

    validation: float = 0.15
    test: float = 0.15
    seed: int = 0
    keep_together: bool = True

    def __post_init__(self) -> None:
        if not all(0.01 <= share <= 0.5 for share in (self.validation, self.test)) or self._held_out > MAX_HELD_OUT:
            raise DatasetError(
                N_("The shares for validation and test should be 0.01 to 0.5, together at most {most}."),
                most=MAX_HELD_OUT,
            )
        if not 0 <= self.seed < 2**32:
            raise DatasetError(N_("The seed should be a whole number from 0 to 4,294,967,295."))

    @property
    def _held_out(self) -> float:
        return self.validation + self.test


def divide(labels: Parts, groups: Parts, given: Parts, shares: Shares, class_names: Sequence[str]) -> Parts:
    """Return the number of the part of each image, (n,).

    Given parts are kept. Parts that are not given are drawn from the training images.

    Args:
        labels: class of each image, (n,).
        groups: group of near-duplicates of each image, (n,).
        given: part that the source gives each image, (n,); `NOT_GIVEN` for none.

    Raises:
        DatasetError: a class has too few images.
        TooAlikeError: a class has too few images that differ.
    """
    parts = np.where(given == NOT_GIVEN, TRAIN, given)
    drawn = [part for part in (VALIDATION, TEST) if part not in given]
    indices = np.flatnonzero(parts == TRAIN)
    _check_enough(labels[indices], groups[indices], len(drawn) + 1, class_names)
    if drawn:
        parts[indices] = _draw(labels[indices], groups[indices], drawn, shares, len(class_names))
        _check_parts(labels[indices], parts[indices], drawn, class_names)
    return parts


def _draw(labels: Parts, groups: Parts, drawn: Sequence[int], shares: Shares, classes: int) -> Parts:
    """Put each group, the largest first, where most of the images of its classes are still missing."""
    counts = np.bincount(labels, minlength=classes)
    missing = np.zeros((3, classes))
    for part, share in ((VALIDATION, shares.validation), (TEST, shares.test)):
        if part in drawn:
            missing[part] = np.maximum(share * counts, 1)
    missing[TRAIN] = counts - missing.sum(axis=0)
    _numbers, members = np.unique(groups, return_inverse=True)
    sizes = np.bincount(members)
    # RandomState draws the same numbers in every version of NumPy.
    random = np.random.RandomState(shares.seed).permutation(len(sizes))
    by_group = np.split(np.argsort(members, kind="stable"), np.cumsum(sizes)[:-1])
    parts = np.zeros(len(labels), np.int64)
    for group in sorted(range(len(sizes)), key=lambda group: (-sizes[group], random[group])):
        of_class = np.bincount(labels[by_group[group]], minlength=classes)
        part = int(np.argmax(missing @ of_class))
        missing[part] -= of_class
        parts[by_group[group]] = part
    return parts


def _check_enough(labels: Parts, groups: Parts, least: int, class_names: Sequence[str]) -> None:
    every = np.bincount(labels, minlength=len(class_names))
    differing = np.array([len(np.unique(groups[labels == label])) for label in range(len(class_names))])
    few = np.flatnonzero(differing < least).tolist()
    if not few:
        return
    alike = np.any(every[few] >= least)
    raise (TooAlikeError if alike else DatasetError)(
        N_("Each class needs at least {least} images that differ; too few: {classes}. Near-duplicates count once.")
        if alike
        else N_("Each class needs at least {least} images to learn from; too few: {classes}."),
        _DIFFER if alike else N_("Add images to these classes, or leave them out."),
        least=least,
        classes=", ".join(f"{class_names[label]} ({differing[label]})" for label in few),
    )


def _check_parts(labels: Parts, parts: Parts, drawn: Sequence[int], class_names: Sequence[str]) -> None:
    """Check that every class is in every part: groups of near-duplicates of several classes may leave one without."""
    for index, name in enumerate(class_names):
        if not {TRAIN, *drawn} <= {*parts[labels == index].tolist()}:
            raise TooAlikeError(
                N_(
                    "The class “{name}” has near-duplicates in other classes, and staying together, they fill one part."
                ),
                _DIFFER,
                name=name,
            )


def counts(labels: Parts, parts: Parts, classes: int) -> tuple[tuple[int, int, int], ...]:
    """Return the number of training, validation and test images of each class."""
    table = np.zeros((classes, 3), np.int64)
    np.add.at(table, (labels, parts), 1)
    return tuple((int(train), int(validation), int(test)) for train, validation, test in table)


def notes(labels: Parts, groups: Parts, parts: Parts, class_names: Sequence[str]) -> list[Note]:
    """Return what to know about a division: classes with few images, near-duplicates, and those across parts."""
    found = []
    every = np.bincount(labels, minlength=len(class_names))
    if few := [name for name, count in zip(class_names, every, strict=True) if count < FEW]:
        found.append(
            note(
                N_("Fewer than {few} images of {classes}: results will vary by chance. More images help."),
                few=FEW,
                classes=", ".join(few),
            )
        )
    absent = [name for index, name in enumerate(class_names) if not np.any(labels[parts == TEST] == index)]
    if absent:
        found.append(note(N_("The test images contain none of {classes}."), classes=", ".join(absent)))
    if alike := int(len(groups) - len(np.unique(groups))):
        found.append(note(N_("Near-duplicates of other images: {count:,}."), count=alike))
    leaked = int(np.isin(groups[parts == TEST], groups[parts == TRAIN]).sum())
    if leaked:
        found.append(
            note(
                N_("Test images that are near-duplicates of training images: {count:,}. Results may look too good."),
                count=leaked,
            )
        )
    return found
