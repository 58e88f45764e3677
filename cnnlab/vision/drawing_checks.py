"""Recognize drawings that are not as MNIST's digits are: faint, dark on white, or transposed; and correct them.

A network that learns from such drawings, or is tested on them, learns or reads something else than its user believes.
Nothing is corrected without asking: see `UnusualDrawings`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from cnnlab.datasets import load
from cnnlab.datasets.about import class_means
from cnnlab.errors import CNNLabError, fill
from cnnlab.i18n.marks import N_, Translate, nN_, untranslated

Correction = Literal["stretch", "invert", "transpose"]

WHITE = 255
FAINT = 64
"""A file whose largest pixel value is below this has another scale than 0 to 255: 0 and 1, or 0 to 16."""
PAPER_RANGE = 32
MIN_PAPER = 0.35
"""A drawing is dark on white if most of its border is bright, and this share of its pixels differs from the border by
less than `PAPER_RANGE`; in noise, it is 0.25."""
MAX_IMAGES = 1000
"""Number of drawings, evenly spaced, that `_transposed` looks at."""
DIFFERENCE_DEVIATION = 0.13
"""Standard deviation of one drawing's value in `_transposed`; 0.07 to 0.14 for the ten classes of MNIST's test set."""
MIN_DEVIATIONS = 3.0
MIN_SIMILARITY = 0.45
"""Minimum mean correlation with the digits' mean images once transposed: MNIST's test set has 0.67, clothes 0.38."""


@dataclass(frozen=True)
class Sign:
    """One sign of unusual drawings: the correction, and a sentence (a marked template for `values`)."""

    correction: Correction
    text: str
    values: tuple[tuple[str, Any], ...] = ()


class UnusualDrawings(CNNLabError):
    """Drawings that look as if they had to be corrected; the user decides.

    Attributes:
        signs: what was recognized.
        before, after: the drawings as they are and as corrected, uint8 (n, 28, 28, 1).
    """

    signs: tuple[Sign, ...]
    before: np.ndarray
    after: np.ndarray

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """Return the corrections in the order in which they are made."""
        return tuple(sign.correction for sign in self.signs)

    def sentences(self, translate: Translate = untranslated) -> tuple[str, str]:
        """Return a sentence per sign, and the remedy."""
        problem = " ".join(fill(translate(sign.text), dict(sign.values)) for sign in self.signs)
        return problem, super().sentences(translate)[1]


def check(images: np.ndarray, labels: np.ndarray) -> None:
    """Check that drawings uint8 (n, 28, 28, 1) with labels int64 (n,) are white on black, upright and not faint.

    Raises:
        UnusualDrawings: they are not.
    """
    signs, after = [], images
    for recognize in (_faint, _dark_on_white, _transposed):
        if sign := recognize(after, labels):
            signs.append(sign)
            after = correct(after, (sign.correction,))
    if signs:
        error = UnusualDrawings("", N_("Correct the drawings, or import them as they are."))
        error.signs, error.before, error.after = tuple(signs), images, after
        raise error


def correct(images: np.ndarray, corrections: tuple[Correction, ...]) -> np.ndarray:
    """Return drawings uint8 (n, 28, 28, 1) with the corrections made, in their order."""
    for correction in corrections:
        images = CORRECTIONS[correction](images)
    return images


def _faint(images: np.ndarray, labels: np.ndarray) -> Sign | None:
    """Find pixels on another scale than 0 to 255, such as 0 and 1."""
    largest = int(images.max(initial=0))
    if not 0 < largest < FAINT:
        return None
    text = N_("The largest pixel value is {largest}, not {white}: the drawings are nearly black.")
    return Sign("stretch", text, (("largest", largest), ("white", WHITE)))


def _dark_on_white(images: np.ndarray, labels: np.ndarray) -> Sign | None:
    """Find drawings on bright paper; MNIST's ground is black."""
    count = int(_is_dark_on_white(images).sum())
    if not count:
        return None
    text = nN_(
        "{count:,} of {all:,} drawings is dark on white, but the networks learn white on black.",
        "{count:,} of {all:,} drawings are dark on white, but the networks learn white on black.",
        count,
    )
    return Sign("invert", text, (("count", count), ("all", len(images))))


def _transposed(images: np.ndarray, labels: np.ndarray) -> Sign | None:
    """Find drawings with rows and columns swapped, as in EMNIST's files.

    Compares each drawing with the mean image of its digit, upright and transposed. Of 300 random samples of MNIST's
    test digits for each size, none of upright ones is found; of transposed ones, all of 20, 99% of 10 and 95% of 5 are.
    """
    chosen = np.unique(np.linspace(0, len(images) - 1, min(len(images), MAX_IMAGES)).round().astype(int))
    pixels, upright = _units(images[chosen]), _digit_means()
    similar = (pixels * _units(upright)[labels[chosen]]).sum(axis=1)
    similar_transposed = (pixels * _units(upright.transpose(0, 2, 1))[labels[chosen]]).sum(axis=1)
    difference = float((similar_transposed - similar).mean())
    if difference < MIN_DEVIATIONS * DIFFERENCE_DEVIATION / len(chosen) ** 0.5:
        return None
    if similar_transposed.mean() < MIN_SIMILARITY:
        return None
    return Sign("transpose", N_("The drawings seem to be transposed: their rows and columns are swapped."))


@functools.cache
def _digit_means() -> np.ndarray:
    """Return the mean image of each digit, float64 (10, 28, 28)."""
    digits = load("mnist-5k")
    return class_means(digits.x_train, digits.y_train, digits.classes)[..., 0]


def _units(images: np.ndarray) -> np.ndarray:
    """Return images as rows (n, pixels) with mean 0 and length 1; zeros for an image of one color."""
    rows = images.reshape(len(images), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units: np.ndarray = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return units


def _is_dark_on_white(images: np.ndarray) -> np.ndarray:
    """Return for each image (n, height, width, 1) whether it is dark ink on bright paper, bool (n,)."""
    pixels = images[..., 0].astype(np.int16)
    edges = np.concatenate([pixels[:, 0], pixels[:, -1], pixels[:, 1:-1, 0], pixels[:, 1:-1, -1]], axis=1)
    paper = np.median(edges, axis=1).astype(np.int16)
    alike = (np.abs(pixels - paper[:, np.newaxis, np.newaxis]) < PAPER_RANGE).mean(axis=(1, 2))
    found: np.ndarray = (paper > WHITE / 2) & (alike > MIN_PAPER)
    return found


def _stretch(images: np.ndarray) -> np.ndarray:
    stretched: np.ndarray = (images.astype(np.float32) * (WHITE / images.max())).round().astype(np.uint8)
    return stretched


def _invert(images: np.ndarray) -> np.ndarray:
    inverted = images.copy()
    chosen = _is_dark_on_white(images)
    inverted[chosen] = WHITE - images[chosen]
    return inverted


def _transpose(images: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(images.transpose(0, 2, 1, 3))


CORRECTIONS: Mapping[Correction, Callable[[np.ndarray], np.ndarray]] = MappingProxyType(
    {"stretch": _stretch, "invert": _invert, "transpose": _transpose}
)
"""What each correction does with drawings uint8 (n, 28, 28, 1). Only drawings that are dark on white are inverted."""
