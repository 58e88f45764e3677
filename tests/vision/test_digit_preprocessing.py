"""A drawing on its way to the network, held against plain arithmetic and against MNIST's own digits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from cnnlab.datasets import load
from cnnlab.errors import CNNLabError
from cnnlab.evaluation.metrics import top_two
from cnnlab.vision.digit_preprocessing import STEPS, prepare, to_digit


def canvas(*boxes: tuple[slice, slice], side: int = 280) -> np.ndarray:
    """White boxes on a black canvas."""
    rgba = np.zeros((side, side, 4), np.uint8)
    rgba[..., 3] = 255
    for box in boxes:
        rgba[box] = 255
    return rgba


def test_the_longest_side_becomes_20_pixels_and_the_middle_of_mass_the_middle() -> None:
    digit = to_digit(canvas((slice(10, 110), slice(200, 240))))
    assert digit.image.shape == (28, 28)
    assert digit.image.dtype == np.float32
    rows, columns = np.flatnonzero(digit.image.any(axis=1)), np.flatnonzero(digit.image.any(axis=0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (4, 23, 10, 17)
    assert digit.image[4:24, 10:18] == pytest.approx(np.ones((20, 8)))
    assert [step.title for step in digit.steps] == ["The drawing", "Crop", "Scale", "Center"]
    assert [step.image.shape for step in digit.steps] == [(280, 280), (100, 40), (20, 8), (28, 28)]


def test_where_and_how_large_it_is_drawn_does_not_matter() -> None:
    large = to_digit(canvas((slice(40, 240), slice(40, 80)), (slice(200, 240), slice(40, 200)))).image
    small = to_digit(canvas((slice(170, 270), slice(10, 30)), (slice(250, 270), slice(10, 90)))).image
    assert np.abs(large - small).max() < 0.02


def test_the_middle_of_mass_is_where_mnist_has_it() -> None:
    """MNIST's own digits come through nearly as they are: they were prepared so."""
    moved = []
    for image in load("mnist-5k").x_test[:200, :, :, 0]:
        again = prepare((image / 255).astype(np.float32)).image
        before, after = ndimage.center_of_mass(image), ndimage.center_of_mass(again)
        moved.append(np.abs(np.subtract(before, after)).max())
    assert np.median(moved) < 0.05
    assert max(moved) < 1.1


def test_steps_can_be_left_out() -> None:
    drawn = canvas((slice(0, 100), slice(0, 40)))
    as_it_is = to_digit(drawn, crop=False, scale=False, center=False).image
    assert as_it_is[:10, :4] == pytest.approx(np.ones((10, 4)), abs=0.3)
    assert as_it_is[12:].max() == 0
    assert as_it_is[:, 6:].max() == 0
    unscaled = to_digit(drawn, scale=False).image
    assert unscaled.sum() == pytest.approx(40, abs=0.5)
    in_its_box = to_digit(canvas((slice(0, 100), slice(0, 100)), (slice(0, 10), slice(0, 200))), center=False).image
    rows = np.flatnonzero(in_its_box.max(axis=1) > 0.5)
    assert (rows[0], rows[-1]) == (9, 18)
    assert set(STEPS) == {"crop", "scale", "center"}


def test_an_empty_canvas_is_said_to_be_empty() -> None:
    for empty in (canvas(), np.zeros((280, 280, 4), np.uint8)):
        with pytest.raises(CNNLabError, match="Nothing has been drawn yet"):
            to_digit(empty)


def test_what_is_transparent_is_black() -> None:
    drawn = canvas((slice(0, 280), slice(0, 280)))
    drawn[:, :140, 3] = 0
    assert to_digit(drawn).steps[0].image[:, :140].max() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((28, 28), np.uint8),
        np.zeros((28, 28, 3), np.uint8),
        np.zeros((28, 28, 4)),
        np.zeros((0, 5, 4), np.uint8),
    ],
)
def test_what_is_no_canvas_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(CNNLabError, match="This is not a canvas"):
        to_digit(wrong)


def test_a_dot_a_full_canvas_and_two_digits_can_be_told_apart() -> None:
    dot = to_digit(canvas((slice(100, 114), slice(50, 64))))
    assert dot.image.max() == pytest.approx(1)
    assert dot.extent == pytest.approx(0.05)
    full = to_digit(canvas((slice(0, 280), slice(0, 280))))
    assert (full.coverage, full.extent) == (1.0, 1.0)
    two = to_digit(canvas((slice(50, 200), slice(30, 60)), (slice(60, 190), slice(120, 150))))
    assert two.parts == 2
    # A five whose upper stroke stands apart, above the rest, is one digit.
    five = to_digit(
        canvas((slice(50, 70), slice(80, 180)), (slice(80, 240), slice(80, 100)), (slice(230, 250), slice(80, 180)))
    )
    assert five.parts == 1


def test_what_is_hardly_one_digit_is_in_doubt() -> None:
    assert to_digit(canvas((slice(100, 114), slice(50, 64)))).doubt == "dot"
    assert to_digit(canvas((slice(0, 280), slice(0, 280)))).doubt == "full"
    assert to_digit(canvas((slice(50, 200), slice(30, 60)), (slice(60, 190), slice(120, 150)))).doubt == "parts"
    assert to_digit(canvas((slice(50, 60), slice(30, 160)), (slice(190, 200), slice(30, 160)))).doubt == "strokes"
    assert to_digit(canvas((slice(50, 200), slice(130, 150)))).doubt == ""


def test_two_ones_that_touch_at_the_top_are_two_digits() -> None:
    legs = (slice(60, 220), slice(100, 115)), (slice(60, 220), slice(140, 155))
    assert to_digit(canvas(*legs, (slice(60, 75), slice(100, 155)))).parts == 2
    # A seven, a zero that is open below, and a four have one stroke at the bottom, or none apart for long.
    assert to_digit(canvas((slice(60, 220), slice(140, 155)), (slice(60, 75), slice(90, 155)))).parts == 1
    assert to_digit(canvas(*legs, (slice(60, 75), slice(100, 155)), (slice(205, 220), slice(100, 155)))).parts == 1
    four = (slice(60, 160), slice(100, 115)), (slice(145, 160), slice(100, 180)), (slice(60, 220), slice(140, 155))
    assert to_digit(canvas(*four)).parts == 1


def test_a_digit_that_is_wider_than_anyone_writes_it_is_in_doubt() -> None:
    bar = to_digit(canvas((slice(100, 200), slice(80, 110)), (slice(180, 200), slice(80, 200))))
    assert bar.aspect == pytest.approx(1.2)
    assert [label for label in "0123456789" if bar.doubt_as(label)] == ["3", "4", "6", "8", "9"]
    assert bar.doubt_as("8") == "wide"
    # Names of other things than digits say nothing about their width; a dot is a dot.
    assert bar.doubt_as("Sneaker") == ""
    assert to_digit(canvas((slice(100, 110), slice(50, 64)))).doubt_as("8") == "dot"


def test_one_pixel_is_enough() -> None:
    assert to_digit(canvas((slice(5, 6), slice(7, 8)))).image.sum() == pytest.approx(400)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([0.05, 0.9, 0.05], (1, 2, True)),
        ([0.45, 0.1, 0.45], (2, 0, False)),
        ([0.5, 0.3, 0.2], (0, 1, False)),
        ([0.6, 0.2, 0.2], (0, 2, True)),
    ],
)
def test_an_answer_is_sure_only_far_ahead(shares: list[float], expected: tuple[int, int, bool]) -> None:
    assert top_two(np.array(shares)) == expected
