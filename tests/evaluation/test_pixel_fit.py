"""What is said against a dataset and pixels that somebody chose for a foreign model, from what was measured."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.evaluation.pixel_fit import Fit, caution, describe, fits_of


def fit(dataset: str, pixels: str, right: int) -> Fit:
    """A fit with this many right predictions of 1,000."""
    return Fit(dataset, pixels, 10, np.arange(1000) < right)


MEASURED = (fit("mnist", "0..255", 984), fit("mnist", "0..1", 205), fit("fashion-mnist", "0..255", 112))


@pytest.mark.parametrize(
    ("dataset", "pixels", "said"),
    [
        ("mnist", "0..255", None),
        # Part of MNIST: what was measured there holds for it.
        ("mnist-5k", "0..255", None),
        (
            "fashion-mnist",
            "0..255",
            "The model was probably not trained on Fashion-MNIST with pixels from 0 to 255: there, 11.2% of its "
            "predictions are correct; on MNIST digits with pixels from 0 to 255, 98.4%.",
        ),
        (
            "mnist",
            "0..1",
            "The model was probably not trained on MNIST digits with pixels from 0 to 1: there, 20.5% of its "
            "predictions are correct; on MNIST digits with pixels from 0 to 255, 98.4%.",
        ),
        (
            "digits-8x8",
            "0..16",
            "The model fits MNIST digits with pixels from 0 to 255: 98.4% of its predictions are correct. Tiny digits, "
            "8×8 is not on this computer, so nothing could be measured there.",
        ),
    ],
)
def test_what_speaks_against_a_choice(dataset: str, pixels: str, said: str | None) -> None:
    found = caution(MEASURED, dataset, pixels)
    assert (found and found.sentence()) == said


def test_nothing_speaks_against_a_choice_without_a_clear_winner() -> None:
    assert caution((), "mnist", "0..1") is None
    # It predicts nothing better than guessing.
    assert caution((fit("mnist", "0..255", 150), fit("mnist", "0..1", 100)), "mnist", "0..1") is None
    # By chance, as good.
    close = fit("mnist", "0..255", 984), fit("mnist", "0..1", 980)
    assert caution(close, "mnist", "0..1") is None


def test_a_part_of_a_dataset_is_measured_on_the_whole_and_the_other_way_round() -> None:
    assert fits_of(MEASURED, "mnist-5k") == list(MEASURED[:2])
    part = (fit("mnist-5k", "0..255", 900),)
    assert (fits_of(part, "mnist"), fits_of(part, "fashion-mnist")) == (list(part), [])
    first = describe(MEASURED, "mnist-5k", "0..255")[0].sentence()
    assert first.startswith("With pixels from 0 to 255, 98.4% of 1,000 test images of MNIST digits are predicted")


def test_names_of_datasets_and_ranges_are_translated() -> None:
    found = caution(MEASURED, "fashion-mnist", "0..255")
    assert found is not None
    assert "on (MNIST digits) with pixels from (0 to 255), 98.4%" in found.sentence(
        lambda text: text if text.startswith("The model") else f"({text})"
    )
