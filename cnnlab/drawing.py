"""A drawing -> the 28×28 picture that a digit network reads, prepared as MNIST's digits were, with every step kept.

MNIST (LeCun, Cortes and Burges) brought the longest side of each digit to 20 pixels and put its centre of mass in the
middle of 28×28; a network that learned from it reads drawings only if they are prepared alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from cnnlab.errors import CNNLabError
from cnnlab.marks import N_

SIDE = 28
LONGEST = 20
"""Pixels of the prepared digit's longer side."""
INK = 0.2
"""What is brighter than this share of the brightest pixel belongs to the drawing."""
FAINTEST = 0.02
"""A drawing whose brightest pixel is below this is empty."""


STEPS = {"crop": N_("Cut out"), "scale": N_("Scale"), "center": N_("Centre")}
"""The steps of the preparation with their titles (marked)."""


class Step(NamedTuple):
    """A title (marked), and the picture after that step, float32 (height, width) in 0..1."""

    title: str
    image: np.ndarray


@dataclass(frozen=True, eq=False)
class Digit:
    """What a network is shown.

    Attributes:
        image: float32 (28, 28), 0 (black) to 1 (white ink).
        steps: how it came about.
        parts: how many separate, sizeable pieces side by side the drawing has; two or more may be several digits.
        coverage: the share of the canvas that is ink.
        extent: the box's longer side as a share of the canvas's.
    """

    image: np.ndarray
    steps: tuple[Step, ...]
    parts: int = 1
    coverage: float = 0.0
    extent: float = 0.0


def to_digit(rgba: np.ndarray, *, crop: bool = True, scale: bool = True, center: bool = True) -> Digit:
    """Prepare a drawing as MNIST's digits were.

    Args:
        rgba: uint8 (height, width, 4), a canvas with light strokes on black; transparent counts as black.
        crop: cut out the drawing; otherwise the whole canvas is what the next steps work on.
        scale: bring the longer side to 20 pixels; otherwise the canvas's longer side becomes 28.
        center: move the centre of mass to the middle; otherwise what was cut out is put in the middle as a box.

    Raises:
        CNNLabError: the canvas is empty, or is no picture of that form.
    """
    if rgba.ndim != 3 or rgba.shape[2] != 4 or rgba.dtype != np.uint8 or 0 in rgba.shape:
        raise CNNLabError(
            N_("This is no canvas: expected uint8 (height, width, 4), received {form}."),
            form=f"{rgba.dtype} {rgba.shape}",
        )
    grey = (rgba[:, :, :3] @ np.array([0.299, 0.587, 0.114], np.float32)) * (rgba[:, :, 3] / np.float32(255 * 255))
    return prepare(grey.astype(np.float32), crop=crop, scale=scale, center=center)


def prepare(grey: np.ndarray, *, crop: bool = True, scale: bool = True, center: bool = True) -> Digit:
    """The same for `grey` float32 (height, width), 0 (black) to 1 (white ink)."""
    brightest = float(grey.max())
    if brightest < FAINTEST:
        raise CNNLabError(N_("Nothing has been drawn yet."), N_("Write a digit on the canvas."))
    ink = grey > INK * brightest
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    steps = [Step(N_("The drawing"), grey)]
    piece = grey
    if crop:
        piece = grey[box]
        steps.append(Step(STEPS["crop"], piece))
    factor = LONGEST / max(piece.shape) if scale else SIDE / max(grey.shape)
    piece = resized(piece, factor)
    steps.append(Step(STEPS["scale"], piece))
    if center:
        middle = ndimage.center_of_mass(piece)
        # MNIST's digits have it within half a pixel of (14, 14), counted from 0.
        image = _placed(piece, [round(SIDE / 2 - at) for at in middle])
    else:
        image = _placed(piece, [(SIDE - length) // 2 for length in piece.shape])
    steps.append(Step(STEPS["center"], image))
    inside = ink[box]
    return Digit(image, tuple(steps), _parts(inside), float(ink.mean()), max(inside.shape) / max(ink.shape))


def ink_of_photo(grey: np.ndarray, dark_on_light: bool | None = None) -> tuple[np.ndarray, bool]:
    """The writing on a photo or scan as white ink on black.

    The paper's brightness is taken from the neighbourhood of each pixel, so that a shadow over a part of it does no
    harm; what differs less from the paper than Otsu's threshold is set to 0 (Otsu, 1979).

    Args:
        grey: float (height, width), 0 to 1.
        dark_on_light: None: found out, from the border, which is paper.

    Returns:
        float32 (height, width), 0 to 1, and whether the writing was taken to be dark on light.
    """
    if dark_on_light is None:
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        dark_on_light = bool(np.median(border) > (grey.min() + grey.max()) / 2)
    light = grey if not dark_on_light else 1 - grey
    # The darkest of a wide neighbourhood is paper, wherever the writing is narrower than that.
    reach = max(max(grey.shape) // 3, 3)
    paper = ndimage.gaussian_filter(ndimage.minimum_filter(light, reach), reach / 2)
    ink = np.clip(light - paper, 0, None)
    ink[ink < _otsu(ink)] = 0
    return (ink / max(float(ink.max()), 1e-9)).astype(np.float32), dark_on_light


def _otsu(values: np.ndarray) -> float:
    """The threshold that divides values 0..1 into two groups whose means lie furthest apart, by their sizes."""
    counts, edges = np.histogram(values, bins=64, range=(0.0, 1.0))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    sums = np.cumsum(counts * middles)
    above, total = below[-1] - below, sums[-1]
    spread = below * above * (sums / below.clip(1) - (total - sums) / above.clip(1)) ** 2
    return float(edges[int(spread.argmax()) + 1])


class Verdict(NamedTuple):
    """An answer as one would say it.

    Attributes:
        best, second: the first guess and the runner-up, as class numbers.
        sure: whether the first guess is far enough ahead to be said without reserve.
    """

    best: int
    second: int
    sure: bool


SURE, AHEAD = 0.6, 0.25
"""A guess is said without reserve from this probability on, and so far ahead of the runner-up."""


def verdict(probabilities: np.ndarray) -> Verdict:
    """What `probabilities` (classes,) say."""
    second, best = (int(k) for k in np.argsort(probabilities, kind="stable")[-2:])
    ahead = float(probabilities[best] - probabilities[second])
    return Verdict(best, second, bool(probabilities[best] >= SURE and ahead >= AHEAD))


def resized(grey: np.ndarray, factor: float) -> np.ndarray:
    """`grey` float32 (height, width) at `factor` of its size, at least one pixel; smoothed where it shrinks."""
    height, width = (max(round(length * factor), 1) for length in grey.shape)
    # Pillow's filters widen when they shrink, so that no stroke falls between two pixels.
    picture = Image.fromarray(np.ascontiguousarray(grey)).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(picture).clip(0, 1)


def _placed(piece: np.ndarray, corner: list[int]) -> np.ndarray:
    """`piece` on 28×28 black with its upper left at `corner`; what lies outside is cut off."""
    image = np.zeros((SIDE, SIDE), np.float32)
    (top, left), (height, width) = corner, piece.shape
    above, before = max(-top, 0), max(-left, 0)
    below, after = min(height, SIDE - top), min(width, SIDE - left)
    image[top + above : top + below, left + before : left + after] = piece[above:below, before:after]
    return image


def _parts(ink: np.ndarray) -> int:
    """Pieces that stand side by side, without a column in common, each at least a third as high as the whole."""
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
