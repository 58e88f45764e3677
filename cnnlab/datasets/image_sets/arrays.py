"""Turn arrays from files into images and labels: scale of pixels, order of axes, one-hot labels. Says what it did."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.image_sets.source import LabeledImage, Note, PartName, Source, check_classes, in_order, note
from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_

_DARK = 64
"""Pixels that are all below this look black: perhaps their scale is another one."""


class LabeledArray(NamedTuple):
    """Images of one part, uint8 (n, height, width) or (n, height, width, 3), and the name of each one's class."""

    images: npt.NDArray[np.uint8]
    labels: Sequence[str]
    part: PartName | None


def to_source(file: str, arrays: Sequence[LabeledArray], most_classes: int, notes: Sequence[Note] = ()) -> Source:
    """Return the arrays of a file as a source.

    Raises:
        DatasetError: an image has no label, or there are fewer than two classes, or more than `most_classes`.
    """
    for array in arrays:
        if "" in array.labels:
            raise DatasetError(
                N_("{file}: image {row} has no label."),
                N_("Give each image one label."),
                file=file,
                row=list(array.labels).index("") + 1,
            )
    class_names = in_order({label for array in arrays for label in array.labels})
    check_classes(class_names, most_classes)
    return Source(_rows(arrays), sum(len(array.images) for array in arrays), class_names, notes=tuple(notes))


def _rows(arrays: Sequence[LabeledArray]) -> Iterator[LabeledImage]:
    for array in arrays:
        prefix = f"{array.part} " if array.part else ""
        for row, (image, label) in enumerate(zip(array.images, array.labels, strict=True), start=1):
            yield LabeledImage(f"{prefix}{row}", label, array.part, image)


def to_images(file: str, array: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], list[Note]]:
    """Return images uint8 (n, height, width) or (n, height, width, 3), and notes on what was put right.

    Args:
        array: numbers (n, height, width), with a last or second axis of 1 or 3 channels, or flat (n, height * height).

    Raises:
        DatasetError: the shape or the values are not those of images.
    """
    pixels, notes = _to_bytes(file, array)
    if pixels.ndim == 2 and (side := math.isqrt(pixels.shape[1])) ** 2 == pixels.shape[1]:
        return pixels.reshape(len(pixels), side, side), notes
    if pixels.ndim == 4 and pixels.shape[-1] not in (1, 3) and pixels.shape[1] in (1, 3):
        pixels = np.moveaxis(pixels, 1, -1)
        notes.append(note(N_("The axis of the colors was moved to the end.")))
    if pixels.ndim == 4 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (3, 4) or (pixels.ndim == 4 and pixels.shape[-1] != 3) or 0 in pixels.shape:
        raise DatasetError(
            N_("{file}: the images have shape {received}; expected (n, height, width), (n, height, width, 3) or flat."),
            N_("Give every image the same height and width; flat ones must be square."),
            file=file,
            received=str(array.shape),
        )
    return pixels, notes


def _to_bytes(file: str, array: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], list[Note]]:
    if not array.size:
        raise DatasetError(N_("{file} holds no images."), file=file)
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 255):  # NaN as well
        raise DatasetError(
            N_("{file}: the pixels lie between {low:g} and {high:g}; expected 0 to 255, or 0 to 1."),
            N_("Scale the pixels to 0 (black) to 255 (white) first."),
            file=file,
            low=low,
            high=high,
        )
    if 0 < high <= 1:
        return np.rint(array.astype(np.float32) * 255).astype(np.uint8), [
            note(N_("The pixels from 0 to 1 were scaled to 0 to 255."))
        ]
    notes = []
    if high < _DARK:
        notes.append(note(N_("The lightest pixel is {high:g} of 255: the images are very dark."), high=high))
    return np.rint(array).astype(np.uint8), notes


def to_labels(file: str, array: npt.NDArray[Any], count: int) -> list[str]:
    """Return the class name of each of `count` images: text labels as they are, numbers as text.

    Args:
        array: labels (n,) or (n, 1), numbers or texts; or one-hot (n, classes).

    Raises:
        DatasetError: there is not one label per image.
    """
    labels = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if labels.ndim == 2 and labels.dtype.kind in "iuf" and _one_hot(labels):
        labels = labels.argmax(axis=1)
    numbers = labels.dtype.kind in "iuf"
    if labels.shape != (count,) or (numbers and not np.array_equal(labels, np.floor(labels))):
        raise DatasetError(
            N_("{file}: the labels have shape {received}; expected one whole number or text for each of {count:,}."),
            N_("Give each image one label."),
            file=file,
            received=str(array.shape),
            count=count,
        )
    return [str(int(label)) if numbers else str(label).strip() for label in labels]


def _one_hot(labels: npt.NDArray[Any]) -> bool:
    return bool(np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(axis=1) == 1))
