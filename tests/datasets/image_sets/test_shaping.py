"""Images of every form become squares."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cnnlab.datasets.image_sets import Shape, suggest
from cnnlab.datasets.image_sets.shaping import shaped
from cnnlab.errors import DatasetError
from tests.datasets.image_sets.made import image_file, noise

WIDE = np.array([[10, 20, 30, 40, 50, 60, 70, 80]] * 4, np.uint8).repeat(4, axis=0).repeat(4, axis=1)
"""16 high, 32 wide: eight columns of four pixels each."""


def first_row(fit: str, pixels: np.ndarray = WIDE) -> list[int]:
    square = shaped(image_file(pixels), Shape(size=8, color=False, fit=fit))  # type: ignore[arg-type]
    assert (square.shape, square.dtype) == ((8, 8, 1), np.uint8)
    return [int(value) for value in square[4, :, 0]]


def test_the_middle_is_cropped_or_all_is_stretched_or_padded() -> None:
    assert first_row("crop") == [30, 30, 40, 40, 50, 50, 60, 60]
    assert first_row("stretch") == [10, 20, 30, 40, 50, 60, 70, 80]
    assert first_row("pad") == [10, 20, 30, 40, 50, 60, 70, 80]
    padded = shaped(image_file(WIDE), Shape(size=8, color=False, fit="pad"))[..., 0]
    # Bars above and below of the mean color of the border: the rows above and below, and 14 more at each end.
    border = np.rint((2 * WIDE[0].sum(dtype=int) + 14 * (10 + 80)) / (2 * 32 + 2 * 14))
    assert padded[[0, 1, 6, 7]].tolist() == [[border] * 8] * 4
    assert padded[2:6].tolist() == [[10, 20, 30, 40, 50, 60, 70, 80]] * 4
    tall = WIDE.T.copy()
    assert shaped(image_file(tall), Shape(8, False, "crop"))[:, 3, 0].tolist() == [30, 30, 40, 40, 50, 50, 60, 60]


def test_an_image_of_the_right_size_is_unchanged() -> None:
    colors = noise(0, 20, 20, 3)
    for fit in ("crop", "pad", "stretch"):
        assert np.array_equal(shaped(image_file(colors), Shape(20, True, fit)), colors)
    gray = shaped(image_file(colors), Shape(20, False))
    assert np.array_equal(gray[..., 0], np.asarray(Image.fromarray(colors).convert("L")))
    assert shaped(image_file(colors[..., 0]), Shape(20, True)).shape == (20, 20, 3)


def test_smaller_by_means_larger_smoothly() -> None:
    checkered = (np.indices((32, 32)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert set(shaped(image_file(checkered), Shape(8, False)).ravel().tolist()) == {128}
    ramp = np.array([[0, 200]] * 2, np.uint8)
    row = shaped(image_file(ramp), Shape(16, False))[8, :, 0].tolist()
    assert row == sorted(row)
    assert len(set(row)) > 4


def test_the_suggested_shape() -> None:
    gray, colored = np.zeros(3, bool), np.array([False, False, True])
    assert suggest(np.array([[28, 28]] * 3), gray) == Shape(28, False, "crop")
    assert suggest(np.array([[300, 200], [30, 40], [50, 48]]), colored) == Shape(48, True, "crop")
    assert suggest(np.array([[320, 240]] * 3), colored) == Shape(64, True, "crop")
    assert suggest(np.array([[5, 4]] * 3), gray) == Shape(8, False, "crop")


@pytest.mark.parametrize("size", [7, 225])
def test_shapes_out_of_range(size: int) -> None:
    with pytest.raises(DatasetError, match=f"The size of images should be 8 to 224 pixels; received {size}"):
        Shape(size)
    with pytest.raises(DatasetError, match="“squeeze” is no way to fit images; expected one of crop, pad, stretch"):
        Shape(8, fit="squeeze")  # type: ignore[arg-type]
