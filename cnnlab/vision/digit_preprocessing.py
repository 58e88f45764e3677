"""Preprocess a drawing to 28×28 as MNIST's digits were, and keep every step.

MNIST (LeCun, Cortes and Burges) scaled the longer side of each digit to 20 pixels and moved its center of mass to the
center of 28×28. A network trained on MNIST needs drawings that are preprocessed in the same steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_

IMAGE_SIDE = 28
DIGIT_SIDE = 20
"""Longer side of the preprocessed digit, in pixels."""
INK_THRESHOLD = 0.2
"""Pixels brighter than this share of the brightest pixel belong to the drawing."""
MIN_APART = 0.8
"""Strokes that are apart in this share of the rows of the lower half are two legs."""
MIN_BRIGHTNESS = 0.02
"""A drawing without a brighter pixel is empty."""


MIN_EXTENT, MAX_COVERAGE = 0.12, 0.5
"""Limits for a readable digit: its longer side and its ink as shares of the canvas."""
WIDEST = dict(zip("0123456789", (1.5, 1.5, 1.5, 1.05, 1.05, 1.5, 1.0, 1.3, 1.0, 1.1), strict=True))
"""Digit -> how many times its height it is wide at most: of pen-written digits (UCI), 99.5 % are narrower."""
Doubt = Literal["", "dot", "full", "parts", "strokes", "wide"]
"""A dot, nearly all ink, several digits, strokes much lower than the whole, or too wide for the predicted digit."""

STEPS = {"crop": N_("Crop"), "scale": N_("Scale"), "center": N_("Center")}
"""The preprocessing steps -> their titles (marked)."""


class Step(NamedTuple):
    """A title (marked), and the image after the step, float32 (height, width) in 0..1."""

    title: str
    image: np.ndarray


@dataclass(frozen=True, eq=False)
class Digit:
    """The input of a digit network.

    Attributes:
        image: float32 (28, 28), 0 (black) to 1 (white ink).
        steps: the steps that produced it.
        parts: number of large separate pieces next to each other; two or more may be several digits.
        coverage: share of the canvas that is ink.
        extent: longer side of the bounding box as a share of the longer side of the canvas.
        dot: whether it is barely more than a dot.
        aspect: width of the bounding box as a multiple of its height.
    """

    image: np.ndarray
    steps: tuple[Step, ...]
    parts: int = 1
    coverage: float = 0.0
    extent: float = 0.0
    dot: bool = False
    aspect: float = 1.0

    @property
    def doubt(self) -> Doubt:
        """Why this is hardly one digit, whatever a network predicts; "" if it may be one."""
        if self.dot:
            return "dot"
        if self.coverage > MAX_COVERAGE:
            return "full"
        return "" if self.parts == 1 else "parts" if self.parts else "strokes"

    def doubt_as(self, label: str) -> Doubt:
        """Return `doubt`, or "wide" if this is too wide for the predicted digit, as two that touch are."""
        return self.doubt or ("wide" if self.aspect > WIDEST.get(label, np.inf) else "")


def to_digit(rgba: np.ndarray, *, crop: bool = True, scale: bool = True, center: bool = True) -> Digit:
    """Preprocess a drawing as MNIST's digits were.

    Args:
        rgba: uint8 (height, width, 4), a canvas with light strokes on black; transparent counts as black.
        crop: crop to the drawing; otherwise the next steps work on the whole canvas.
        scale: scale the longer side to 20 pixels; otherwise the longer side of the canvas becomes 28.
        center: center by the center of mass; otherwise center the bounding box.

    Raises:
        CNNLabError: the canvas is empty, or the array does not have this form.
    """
    if rgba.ndim != 3 or rgba.shape[2] != 4 or rgba.dtype != np.uint8 or 0 in rgba.shape:
        raise CNNLabError(
            N_("This is not a canvas: expected uint8 (height, width, 4), received {form}."),
            form=f"{rgba.dtype} {rgba.shape}",
        )
    gray = (rgba[:, :, :3] @ np.array([0.299, 0.587, 0.114], np.float32)) * (rgba[:, :, 3] / np.float32(255 * 255))
    return prepare(gray.astype(np.float32), crop=crop, scale=scale, center=center)


def prepare(gray: np.ndarray, *, crop: bool = True, scale: bool = True, center: bool = True) -> Digit:
    """Preprocess `gray` float32 (height, width), 0 (black) to 1 (white ink); see `to_digit`."""
    brightest = float(gray.max())
    if brightest < MIN_BRIGHTNESS:
        raise CNNLabError(N_("Nothing has been drawn yet."), N_("Draw a digit on the canvas."))
    ink = gray > INK_THRESHOLD * brightest
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    steps = [Step(N_("The drawing"), gray)]
    piece = gray
    if crop:
        piece = gray[box]
        steps.append(Step(STEPS["crop"], piece))
    factor = DIGIT_SIDE / max(piece.shape) if scale else IMAGE_SIDE / max(gray.shape)
    piece = resize(piece, factor)
    steps.append(Step(STEPS["scale"], piece))
    if center:
        middle = ndimage.center_of_mass(piece)
        # In MNIST it is within half a pixel of (14, 14), counted from 0.
        image = _place(piece, [round(IMAGE_SIDE / 2 - at) for at in middle])
    else:
        image = _place(piece, [(IMAGE_SIDE - length) // 2 for length in piece.shape])
    steps.append(Step(STEPS["center"], image))
    inside = ink[box]
    parts = _count_parts(inside)
    parts, extent = _count_legs(inside) if parts == 1 else parts, max(inside.shape) / max(ink.shape)
    aspect = inside.shape[1] / inside.shape[0]
    return Digit(image, tuple(steps), parts, float(ink.mean()), extent, extent < MIN_EXTENT, aspect)


def resize(gray: np.ndarray, factor: float) -> np.ndarray:
    """Resize `gray` float32 (height, width) by `factor`, to at least one pixel, with smoothing when it shrinks."""
    height, width = (max(round(length * factor), 1) for length in gray.shape)
    # Pillow widens its filters when it shrinks an image, so that no stroke falls between two pixels.
    image = Image.fromarray(np.ascontiguousarray(gray)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image).clip(0, 1)


def _place(piece: np.ndarray, corner: list[int]) -> np.ndarray:
    """Place `piece` on 28×28 black with its upper left at `corner`; cut off what lies outside."""
    image = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.float32)
    (top, left), (height, width) = corner, piece.shape
    above, before = max(-top, 0), max(-left, 0)
    below, after = min(height, IMAGE_SIDE - top), min(width, IMAGE_SIDE - left)
    image[top + above : top + below, left + before : left + after] = piece[above:below, before:after]
    return image


def _count_parts(ink: np.ndarray) -> int:
    """Count the pieces that share no column, each at least a third as high as the whole."""
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    spans = [
        (columns.start, columns.stop)
        for rows, columns in ndimage.find_objects(labels)
        if (rows.stop - rows.start) >= ink.shape[0] / 3
    ]
    parts, end = 0, -1
    for start, stop in sorted(spans):
        parts += start >= end
        end = max(end, stop)
    return parts


def _count_legs(ink: np.ndarray) -> int:
    """Count the strokes that stand side by side down to the bottom, as in two ones that touch; no digit has two.

    They are apart in the lowest eighth and in most rows of the lower half.
    """
    height, gap = len(ink), max(0.05 * len(ink), 1)
    feet = np.flatnonzero(ink[-max(height // 8, 1) :].any(axis=0))
    legs = 1 + int((np.diff(feet) > gap).sum())
    if legs == 1:
        return 1
    apart = [np.any(np.diff(np.flatnonzero(row)) > gap) for row in ink[height // 2 :]]
    return legs if np.mean(apart) > MIN_APART else 1


PEN_WIDTHS = (8, 14, 20)
"""Pen widths of the app's canvas, in pixels."""
