"""An image moved, turned and scaled, against NumPy's exact shifts and turns and against pictures of known size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from cnnlab.vision.transforms import RANGES, sweep, transform

image = np.random.default_rng(0).random((9, 7, 2)).astype(np.float32)
square = np.random.default_rng(1).random((8, 8, 3)).astype(np.float32)


def block(side: int) -> np.ndarray:
    """A white square in the middle of 20×20 black."""
    picture = np.zeros((20, 20, 1), np.float32)
    edge = (20 - side) // 2
    picture[edge : edge + side, edge : edge + side] = 1
    return picture


def test_it_stays_as_it_is_at_every_neutral_setting() -> None:
    result = transform(image, **{kind: dial.neutral for kind, dial in RANGES.items()})
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, image)
    np.testing.assert_array_equal(transform(image), image)


@pytest.mark.parametrize(("right", "down"), [(1, 0), (0, 1), (-2, 0), (0, -3), (3, -2), (-6, 8), (7, 0), (0, -9)])
def test_whole_pixels_roll_a_picture_in_a_black_frame(right: int, down: int) -> None:
    framed = np.pad(image, ((9, 9), (9, 9), (0, 0)))
    expected = np.roll(framed, (down, right), (0, 1))[9:-9, 9:-9]
    np.testing.assert_allclose(transform(image, right=right, down=down), expected, atol=1e-6)


def test_half_a_pixel_is_the_mean_of_two_and_fades_at_the_edge() -> None:
    row = np.array([1.0, 0.0, 0.0, 1.0], np.float32).reshape(1, 4, 1)
    assert transform(row, right=0.5).ravel().tolist() == [0.5, 0.5, 0.0, 0.5]
    assert transform(row, right=-0.5).ravel().tolist() == [0.5, 0.0, 0.5, 0.5]
    assert transform(row.reshape(4, 1, 1), down=0.5).ravel().tolist() == [0.5, 0.5, 0.0, 0.5]


@pytest.mark.parametrize("quarters", [-4, -2, -1, 1, 2, 3])
def test_quarter_turns_counter_clockwise(quarters: int) -> None:
    np.testing.assert_allclose(transform(square, degrees=90 * quarters), np.rot90(square, quarters), atol=1e-6)


def test_half_a_turn_of_a_picture_that_is_no_square() -> None:
    np.testing.assert_allclose(transform(image, degrees=180), image[::-1, ::-1], atol=1e-6)


@pytest.mark.parametrize("degrees", [-100.0, 20.0, 33.0])
def test_other_turns_as_scipy_turns(degrees: float) -> None:
    # SciPy's own rotation, with the same sense as seen: its angle goes from the first axis (down) to the second.
    expected = ndimage.rotate(square, degrees, reshape=False, order=1, mode="grid-constant")
    np.testing.assert_allclose(transform(square, degrees=degrees), expected, atol=1e-6)


def test_a_square_of_twice_and_of_half_the_size() -> None:
    twice = transform(block(6), scale=2)
    np.testing.assert_allclose(twice[5:15, 5:15], 1, atol=1e-6)
    assert twice.sum() == pytest.approx(12 * 12, rel=1e-3)
    assert (twice[:3] == 0).all() and (twice[-3:] == 0).all() and (twice[:, :3] == 0).all()
    half = transform(block(12), scale=0.5)
    assert half.sum() == pytest.approx(6 * 6, rel=1e-3)
    assert half[8:12, 8:12].min() > 0.99
    for size in (twice, half):
        np.testing.assert_allclose(size, size[::-1, ::-1], atol=1e-6)


def test_no_thin_stroke_is_lost_where_it_shrinks() -> None:
    for column in range(8, 20):
        stroke = np.zeros((28, 28, 1), np.float32)
        stroke[:, column] = 1
        # At 0.4 of its size a stroke of 1×28 pixels is one of 0.4×11.2.
        assert transform(stroke, scale=0.4).sum() == pytest.approx(0.4 * 11.2, rel=0.25)


def test_it_is_turned_first_and_moved_then() -> None:
    both = transform(square, degrees=90, right=2, down=-1)
    np.testing.assert_allclose(both, transform(transform(square, degrees=90), right=2, down=-1), atol=1e-6)
    assert np.abs(both - transform(transform(square, right=2, down=-1), degrees=90)).max() > 0.1


def test_a_sweep_goes_over_the_whole_range_of_every_dial() -> None:
    expected = {"right": (-10, 10), "down": (-10, 10), "degrees": (-180, 180), "scale": (0.4, 1.6)}
    assert {kind: (dial.low, dial.high) for kind, dial in RANGES.items()} == expected
    for kind, dial in RANGES.items():
        values, images = sweep(image, kind)
        assert (values.shape, images.shape, images.dtype) == ((41,), (41, 9, 7, 2), np.float32)
        assert (values[0], values[-1]) == expected[kind]
        np.testing.assert_allclose(np.diff(values), (dial.high - dial.low) / 40)
        assert values[20] == pytest.approx(dial.neutral)
        np.testing.assert_allclose(images[20], image, atol=1e-6)
        for index in (0, 7, 40):
            np.testing.assert_array_equal(images[index], transform(image, **{kind: float(values[index])}))
        assert images.min() >= 0 and images.max() <= 1
    values, images = sweep(image, "right", 3)
    assert values.tolist() == [-10, 0, 10]
    assert (images[[0, 2]] == 0).all()
