"""Whether a picture is inverted and trimmed, by its border and that of training images; and fitted to a set."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cnnlab.datasets import DATASETS
from cnnlab.vision.photo_digits import WHOLE
from cnnlab.vision.picture_fit import as_in_set, inverted_fits, thing_frame


def test_a_picture_on_white_is_inverted_for_clothes_on_black() -> None:
    on_black = np.zeros((3, 28, 28, 1), np.uint8)
    on_black[:, 8:20, 8:20] = 200
    boot = np.ones((60, 40))
    boot[20:40, 10:30] = 0.3
    assert inverted_fits(boot, on_black)
    assert not inverted_fits(1 - boot, on_black)


def test_a_photo_is_left_as_it_is_for_training_images_of_every_brightness() -> None:
    photos = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), np.uint8)
    for brightness in (0.05, 0.5, 0.95):
        assert not inverted_fits(np.full((50, 50, 3), brightness), photos)


def test_a_thing_on_a_plain_ground_is_framed_for_training_images_that_are_trimmed() -> None:
    on_black = np.zeros((3, 28, 28, 1), np.uint8)
    on_black[:, 8:20, :] = 200
    boot = np.ones((50, 40, 3))
    boot[20:40, 10:30] = 0.3
    assert thing_frame(boot, on_black) == (0.25, 0.4, 0.75, 0.8)
    assert thing_frame(np.ones((50, 40)), on_black) == WHOLE
    scene = np.random.default_rng(0).random((50, 40))
    assert thing_frame(scene, on_black) == WHOLE
    brightness = np.arange(0, 250, 10, np.uint8).reshape(-1, 1, 1, 1)
    assert thing_frame(boot, brightness * np.ones((1, 32, 32, 3), np.uint8)) == WHOLE


SET = dataclasses.replace(DATASETS["cifar-10"], name="set-12345678", input_shape=(8, 8, 3))


@pytest.mark.parametrize(
    ("fit", "first", "middle"),
    [
        ("crop", [1] * 8, [1] * 8),
        ("stretch", [0, 0, 1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1, 0, 0]),
        # 16 of the 44 pixels at its border are red.
        ("pad", [round(16 / 44 * 255) / 255] * 8, [0, 0, 1, 1, 1, 1, 0, 0]),
    ],
)
def test_a_photo_fills_the_square_like_the_images_of_the_set(fit: str, first: list[float], middle: list[float]) -> None:
    """A photo of 16×8 whose middle is red."""
    wide = np.zeros((8, 16, 3))
    wide[:, 4:12, 0] = 1
    prepared = as_in_set(wide, dataclasses.replace(SET, fit=fit))
    assert prepared.shape == (8, 8, 3) and prepared.dtype == np.float32
    assert prepared[0, :, 0] == pytest.approx(first, abs=1e-6)
    assert prepared[4, :, 0] == pytest.approx(middle, abs=1e-6)
    assert not prepared[:, :, 1:].any()


def test_a_photo_gets_the_size_and_color_of_the_set() -> None:
    prepared = as_in_set(np.full((2, 3, 3), 0.8), dataclasses.replace(SET, input_shape=(9, 9, 1), fit="crop"))
    assert prepared.shape == (9, 9, 1) and prepared == pytest.approx(0.8)
    prepared = as_in_set(np.full((9, 9), 0.8), dataclasses.replace(SET, fit="crop"))
    assert prepared.shape == (8, 8, 3) and prepared == pytest.approx(0.8)
