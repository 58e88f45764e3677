"""Say what to change in an .npz file of drawings that is not in the Lab's format."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.files import DAMAGED, read_header
from cnnlab.i18n.marks import N_

HEIGHT, WIDTH, _ = SHAPE = DATASETS["mnist-5k"].input_shape
HIGHEST = len(DATASETS["mnist-5k"].class_names) - 1
LETTERS = 26
MAX_NAMES = 8
"""Maximum number of arrays that an error names."""

_IMAGES = ("images", "x_train", "train_images", "data", "X", "image", "arr_0", "x_test", "test_images")
_LABELS = ("labels", "y_train", "train_labels", "target", "targets", "Y", "label", "arr_1", "y_test", "test_labels")
"""Usual names of the arrays of images and of labels, likely ones first."""


class Array(NamedTuple):
    """The shape and dtype of an array that has not been read."""

    shape: tuple[int, ...]
    dtype: np.dtype


def check_names(archive: zipfile.ZipFile) -> None:
    """Check that an archive has the arrays x and y.

    Raises:
        CNNLabError: it has other arrays; the remedy names them.
    """
    names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    if not names or {"x", "y"} <= set(names):
        return
    raise CNNLabError(
        N_("The file should have the arrays x (images) and y (labels); received {names}."),
        N_("Save them under these names: {code}"),
        names=", ".join(name[:40] for name in names[:MAX_NAMES]) + (" …" if len(names) > MAX_NAMES else ""),
        code=f'np.savez("drawings.npz", x={_first(_IMAGES, names, "x")}, y={_first(_LABELS, names, "y")})',
    )


def _first(usual: Sequence[str], names: Sequence[str], otherwise: str) -> str:
    # A file that has x but not y keeps its x.
    return next((name for name in (otherwise, *usual) if name in names), otherwise)


def check_headers(archive: zipfile.ZipFile) -> None:
    """Check the types and shapes of x and y, as far as they can be read, before the arrays are.

    Raises:
        CNNLabError: they are those of another format; the remedy says what to change.
    """
    try:
        x, y = (Array(*read_header(archive, name)) for name in ("x", "y"))
    except DAMAGED:
        return
    # Other lengths and types come from damage, not from another format.
    plausible = len(x.shape) > 1 and min(x.shape) >= 0 and x.shape[:1] == y.shape[:1]
    if plausible and x.dtype.kind in "iufb" and y.dtype.kind in "iufbUS":
        check_arrays(x, y)


def check_arrays(x: Array, y: Array) -> None:
    """Check the types and shapes of images and labels.

    Raises:
        CNNLabError: they are not uint8 (n, 28, 28), with or without a last axis of 1, and one number for each image.
    """
    images, labels = _about_images(x), _about_labels(x, y)
    if images or labels:
        raise CNNLabError(
            N_("The drawings should be x: uint8 {expected} and y: one label each; received x: {x} and y: {y}."),
            # Each is a sentence, which is translated like every value.
            " ".join(name for name, text in (("{images}", images), ("{labels}", labels)) if text),
            expected=str(("n", *SHAPE)).replace("'", ""),
            x=f"{x.dtype} {x.shape}",
            y=f"{y.dtype} {y.shape}",
            images=images,
            labels=labels,
        )


def _about_images(x: Array) -> str:
    """Return what to change in the images, marked; "" if nothing."""
    shape = x.shape[1:]
    if shape in (SHAPE, SHAPE[:2]):
        return _about_pixels(x.dtype)
    if shape == (HEIGHT * WIDTH,):
        return N_("Give every image two axes: x.reshape(-1, 28, 28), as whole numbers from 0 to 255 (uint8).")
    if len(shape) == 3 and shape[0] == 1 and shape[1:] == SHAPE[:2]:
        return N_("Move the channel axis to the end: x.reshape(-1, 28, 28), as whole numbers from 0 to 255 (uint8).")
    if shape[:2] == SHAPE[:2] and len(shape) == 3 and shape[2] in (3, 4):
        return N_('Convert the images from color to gray: x[..., :3].mean(axis=-1).astype("uint8").')
    if len(shape) in (2, 3):
        return N_("Resize the images to 28×28 pixels, gray, as whole numbers from 0 to 255 (uint8).")
    return N_("Choose an .npz file downloaded from CNN Lab.")


def _about_pixels(dtype: np.dtype) -> str:
    if dtype == np.uint8:
        return ""
    if dtype.kind in "fb":
        return N_(
            "Convert the pixels to whole numbers from 0 (black) to 255 (white). If they are 0 to 1: "
            '(x * 255).round().astype("uint8"); if they are 0 to 255: x.round().astype("uint8").'
        )
    return N_('Convert the pixels to whole numbers from 0 (black) to 255 (white): x.astype("uint8").')


def _about_labels(x: Array, y: Array) -> str:
    """Return what to change in the labels, marked; "" if nothing."""
    images = x.shape[:1]
    if y.dtype.kind in "USb":
        return N_("Convert the labels to whole numbers: y.astype(int).")
    if y.shape == images:
        return ""
    if y.shape == (*images, HIGHEST + 1):
        return N_("Replace the one-hot labels by numbers: y.argmax(axis=1).")
    if y.shape == (*images, 1):
        return N_("Give the labels a single axis: y.ravel().")
    return N_("Give every image one label, a whole number from 0 to 9.")


def check_labels(y: np.ndarray) -> None:
    """Check that labels, one number for each image, are digits.

    Raises:
        CNNLabError: they are not; the remedy says what to change.
    """
    lowest, highest = y.min(), y.max()
    if y.dtype.kind in "iu" and lowest >= 0 and highest <= HIGHEST:
        return
    remedy = N_("Correct them, or choose another file.")
    if y.dtype.kind == "f" and np.all(y == np.rint(y)) and lowest >= 0 and highest <= HIGHEST:
        remedy = N_("Convert the labels to whole numbers: y.astype(int).")
    elif (lowest, highest) == (1, HIGHEST + 1):
        remedy = N_("If 10 means the digit 0, replace it: y % 10. If the digits are counted from 1: y - 1.")
    elif HIGHEST + 1 < highest <= 2 * LETTERS + HIGHEST and lowest >= 0:
        remedy = N_("They look like letters, but drawings are digits: keep only the images of digits.")
    raise CNNLabError(
        N_("The labels should be whole numbers from 0 to {highest}; received {received}."),
        remedy,
        highest=HIGHEST,
        received=f"{y.dtype} {lowest:g} … {highest:g}",
    )
