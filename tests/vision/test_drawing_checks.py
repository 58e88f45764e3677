"""Unusual drawings are recognized, and usual ones raise no question."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.datasets import Dataset, load
from cnnlab.vision.drawing_checks import UnusualDrawings, check, correct


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("mnist-5k")


def recognized(images: np.ndarray, labels: np.ndarray) -> tuple[str, ...]:
    try:
        check(images, labels)
    except UnusualDrawings as question:
        return question.corrections
    return ()


def transposed(images: np.ndarray) -> np.ndarray:
    return images.transpose(0, 2, 1, 3)


def test_usual_digits_pass_in_any_number(digits: Dataset) -> None:
    # The test part: the mean images are those of the training part.
    x, y = digits.x_test, digits.y_test
    sizes = (1, 2, 5, 20, 100)
    assert {recognized(x[k : k + n], y[k : k + n]) for n in sizes for k in range(0, len(x), max(n, 5))} == {()}
    assert {recognized(x[y == digit], y[y == digit]) for digit in range(10)} == {()}


def test_each_kind_and_all_together(digits: Dataset) -> None:
    x, y = digits.x_test[:60], digits.y_test[:60]
    binary = (x > 127).astype(np.uint8)
    assert recognized(binary, y) == ("stretch",)
    assert recognized((x // 16).astype(np.uint8), y) == ("stretch",)
    assert recognized(255 - x, y) == ("invert",)
    assert recognized(transposed(x), y) == ("transpose",)
    assert recognized(1 - binary, y) == ("stretch", "invert")
    assert recognized(transposed(1 - binary), y) == ("stretch", "invert", "transpose")
    # Gray paper, and ink that is not black.
    assert recognized((190 - x * (120 / 255)).astype(np.uint8), y) == ("invert",)


def test_corrected_they_are_the_digits_again(digits: Dataset) -> None:
    x, y = digits.x_test[:60], digits.y_test[:60]
    binary = (x > 127).astype(np.uint8)
    for unusual, expected in ((transposed(255 - x), x), (transposed(1 - binary), 255 * binary)):
        with pytest.raises(UnusualDrawings) as question:
            check(unusual, y)
        np.testing.assert_array_equal(question.value.before, unusual)
        np.testing.assert_array_equal(question.value.after, expected)
        np.testing.assert_array_equal(correct(unusual, question.value.corrections), expected)
        assert question.value.after.dtype == np.uint8


def test_only_the_dark_ones_are_inverted(digits: Dataset) -> None:
    x, y = digits.x_test[:20], digits.y_test[:20]
    mixed = x.copy()
    mixed[[3, 7]] = 255 - mixed[[3, 7]]
    with pytest.raises(UnusualDrawings) as question:
        check(mixed, y)
    np.testing.assert_array_equal(question.value.after, x)
    assert question.value.sentences() == (
        "2 of 20 drawings are dark on white, but the networks learn white on black.",
        "Correct the drawings, or import them as they are.",
    )


def test_what_is_said(digits: Dataset) -> None:
    with pytest.raises(UnusualDrawings) as question:
        check(transposed((digits.x_test > 127).astype(np.uint8)), digits.y_test)
    assert str(question.value) == (
        "The largest pixel value is 1, not 255: the drawings are nearly black. The drawings seem to be transposed: "
        "their rows and columns are swapped. Correct the drawings, or import them as they are."
    )


@pytest.mark.parametrize("digit", range(10))
def test_a_single_kind_of_digit_is_enough_to_see_that_it_is_transposed(digits: Dataset, digit: int) -> None:
    every = np.concatenate([digits.y_train, digits.y_test]) == digit
    images = np.concatenate([digits.x_train, digits.x_test])[every]
    assert recognized(transposed(images), np.full(len(images), digit)) == ("transpose",)


def test_what_is_no_digit_is_not_called_transposed() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (60, 28, 28, 1), np.uint8)
    for images in (noise, np.zeros_like(noise), np.full_like(noise, 100)):
        assert recognized(images, np.arange(60) % 10) == ()
