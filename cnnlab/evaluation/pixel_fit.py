"""Find out from labeled images which dataset, and which range of pixels, a foreign network was made for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.datasets import DATASETS, Dataset, scaled
from cnnlab.i18n.marks import N_
from cnnlab.network.foreign_pixels import RANGES, UNIT, ranges_of
from cnnlab.network.keras_chain import Note, note

MEASURED_IMAGES = 1000
"""Test images that a fit is measured on, spread over the dataset."""
CLEAR = 3.0
"""Number of standard errors by which the best fit has to be ahead of each other."""
LEARNED = 0.2
"""A network beats guessing if it is right for more than this share of what guessing gets wrong. Networks with random
weights reach half of it: their predictions are not independent of the image."""


@dataclass(frozen=True, eq=False)
class Fit:
    """How well a network predicts a dataset's test images in one range of pixels.

    Attributes:
        dataset: its name.
        pixels: a key of `network.foreign_pixels.RANGES`.
        classes: number of classes.
        right: for each image, whether the prediction is right, bool (n,). The same images for each range.
    """

    dataset: str
    pixels: str
    classes: int
    right: np.ndarray

    @property
    def accuracy(self) -> float:
        """Return the share of right predictions, 0 to 1."""
        return float(self.right.mean())


def measure(predict: Callable[[np.ndarray], np.ndarray], dataset: Dataset) -> list[Fit]:
    """Measure how well a network predicts a dataset's test images, in each range of pixels.

    Args:
        predict: returns the outputs (n, classes) for images float32 (n, height, width, channels).
    """
    chosen = np.linspace(0, len(dataset.y_test) - 1, min(MEASURED_IMAGES, len(dataset.y_test))).astype(int)
    images, labels = scaled(dataset.x_test[chosen]), dataset.y_test[chosen]
    fits = []
    for key in ranges_of(dataset.name):
        outputs = np.asarray(predict(RANGES[key].of_unit(images)))
        right = np.isfinite(outputs).all(axis=1) & (outputs.argmax(axis=1) == labels)
        fits.append(Fit(dataset.name, key, dataset.classes, right))
    return fits


def best_first(fits: Sequence[Fit]) -> list[Fit]:
    """Return the fits by accuracy, the best first; among equals, the order is kept."""
    return sorted(fits, key=lambda fit: -fit.accuracy)


def fits_of(fits: Sequence[Fit], dataset: str) -> list[Fit]:
    """Return what was measured on a dataset, or on one that it is a part of, or that is a part of it."""
    whole = _whole(dataset)
    return [fit for fit in fits if dataset in (fit.dataset, _whole(fit.dataset)) or fit.dataset == whole]


def _whole(dataset: str) -> str | None:
    """Return the dataset that this one is a part of; None for another one, or an image set."""
    return (DATASETS[dataset].part_of or None) if dataset in DATASETS else None


def _title(dataset: str) -> str:
    """Return a dataset's title; its name for an image set, which only a Lab knows."""
    return DATASETS[dataset].title if dataset in DATASETS else dataset


def beats_guessing(fit: Fit) -> bool:
    """Return whether a fit is of a network that learned something of the dataset."""
    chance = 1 / fit.classes
    return fit.accuracy >= chance + LEARNED * (1 - chance)


def rivals(fits: Sequence[Fit]) -> list[Fit]:
    """Return the fits that the best one is not clearly better than, the best of them first."""
    best, *others = best_first(fits)
    return [other for other in others if _ahead(best, other) < CLEAR]


def is_clear(fits: Sequence[Fit]) -> bool:
    """Return whether the best fit beats guessing, and each other fit by more than chance explains."""
    return bool(fits) and beats_guessing(best_first(fits)[0]) and not rivals(fits)


def _ahead(one: Fit, other: Fit) -> float:
    """Return by how many standard errors one fit is better than another.

    Ranges are compared on the same images, by those that only one gets right (McNemar, 1947).
    """
    if one.dataset == other.dataset:
        gained, lost = int((one.right & ~other.right).sum()), int((other.right & ~one.right).sum())
        return (gained - lost) / math.sqrt(max(gained + lost, 1))
    variance = sum(fit.accuracy * (1 - fit.accuracy) / len(fit.right) for fit in (one, other))
    return (one.accuracy - other.accuracy) / math.sqrt(max(variance, 1e-12))


def describe(fits: Sequence[Fit], dataset: str, pixels: str) -> list[Note]:
    """Return what was measured for a range of pixels, with the best other range, and what follows from it."""
    found = []
    chosen = next((fit for fit in fits_of(fits, dataset) if fit.pixels == pixels), None)
    others = [fit for fit in fits_of(fits, dataset) if fit is not chosen]
    # What the Lab would have shown without the change is the most telling comparison.
    other = next((fit for fit in others if fit.pixels == UNIT), next(iter(best_first(others)), None))
    if chosen and other:
        text = N_(
            "With pixels from {range}, {accuracy:.1%} of {count:,} test images of {dataset} are predicted correctly; "
            "with pixels from {other_range}, {other:.1%}."
        )
        values = {"range": RANGES[pixels].title, "accuracy": chosen.accuracy, "count": len(chosen.right)}
        comparison = {"other_range": RANGES[other.pixels].title, "other": other.accuracy}
        found.append(note(text, dataset=_title(chosen.dataset), **values, **comparison))
    if pixels != UNIT:
        text = N_("A Rescaling converts the Lab's pixels, 0 to 1, to {range}.")
        found.append(note(text, range=RANGES[pixels].title))
    return found


def caution(fits: Sequence[Fit], dataset: str, pixels: str) -> Note | None:
    """Return what speaks against a dataset and a range of pixels: another choice fits clearly better, or nothing was
    measured there. None if nothing does."""
    best = next(iter(best_first(fits)), None)
    if best is None or not beats_guessing(best):
        return None
    chosen = next((fit for fit in fits_of(fits, dataset) if fit.pixels == pixels), None)
    values = {
        "dataset": _title(dataset), "range": RANGES[pixels].title,
        "best": _title(best.dataset), "best_range": RANGES[best.pixels].title, "best_accuracy": best.accuracy,
    }  # fmt: skip
    if chosen is None:
        text = N_(
            "The model fits {best} with pixels from {best_range}: {best_accuracy:.1%} of its predictions are correct. "
            "{dataset} is not on this computer, so nothing could be measured there."
        )
        return note(text, **values)
    if chosen is best or _ahead(best, chosen) < CLEAR:
        return None
    text = N_(
        "The model was probably not trained on {dataset} with pixels from {range}: there, {accuracy:.1%} of its "
        "predictions are correct; on {best} with pixels from {best_range}, {best_accuracy:.1%}."
    )
    return note(text, accuracy=chosen.accuracy, **values)
