"""Many images in one file: each can be cut out again where the page looks for it."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from cnnlab.figures.thumbnails import Thumbnails, thumbnails

RANDOM = np.random.default_rng(7)


def cut(found: Thumbnails, place: int) -> np.ndarray:
    """The image at a place, as the page finds it."""
    whole = np.asarray(Image.open(io.BytesIO(base64.b64decode(found.source.partition(",")[2]))))
    y, x = place // found.columns * found.height, place % found.columns * found.width
    return whole[y : y + found.height, x : x + found.width]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (1000, 32)])
def test_grey_images_stay_as_they_are(count: int, columns: int) -> None:
    images = RANDOM.integers(0, 256, (count, 5, 4, 1), np.uint8)
    found = thumbnails(images)
    assert found[1:] == (columns, 4, 5) and found.source.startswith("data:image/png;base64,")
    for place in {0, count // 2, count - 1}:
        np.testing.assert_array_equal(cut(found, place), images[place, :, :, 0])


def test_colours_nearly_do() -> None:
    # Each of one colour, as large as CIFAR-10's: what JPEG does at an image's edge must not reach the next one.
    colours = RANDOM.integers(0, 256, (7, 1, 1, 3), np.uint8)
    images = np.broadcast_to(colours, (7, 32, 32, 3))
    found = thumbnails(images)
    assert found[1:] == (3, 32, 32) and found.source.startswith("data:image/jpeg;base64,")
    for place in range(7):
        difference = cut(found, place).astype(int) - images[place]
        assert np.abs(difference).max() <= 4
