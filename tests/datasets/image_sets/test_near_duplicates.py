"""Which images count as nearly the same."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from cnnlab.datasets.image_sets.near_duplicates import fingerprint, groups
from tests.datasets.image_sets.made import burst, image_file, scene


def grouped(pictures: list[Image.Image]) -> list[int]:
    found = [fingerprint(picture) for picture in pictures]
    hashes = np.array([one for one, _thumbnail in found], np.uint64)
    sizes = np.array([picture.size for picture in pictures])
    return groups(hashes, np.stack([thumbnail for _hash, thumbnail in found]), sizes).tolist()


def test_bursts_are_found_and_scenes_are_told_apart() -> None:
    pictures = [picture for seed in range(20) for picture in burst(seed)]
    assert grouped(pictures) == [seed for seed in range(20) for _photo in range(5)]


def test_copies_are_found_anywhere() -> None:
    first, copy = scene(1), Image.open(io.BytesIO(image_file(scene(1).resize((90, 70)), "JPEG", quality=70)))
    assert grouped([first, *(scene(seed) for seed in range(2, 8)), copy]) == [0, 1, 2, 3, 4, 5, 6, 0]


def test_images_without_contrast_are_alike() -> None:
    flat = [Image.new("L", (20, 20), value) for value in (0, 255, 255)]
    assert grouped([*flat, scene(1)]) == [0, 0, 0, 1]


def test_digits_are_no_near_duplicates(shared_data: object) -> None:
    with np.load(f"{shared_data}/mnist.npz") as archive:
        digits = archive["x_train"][:2000]
    found = grouped([Image.fromarray(digit) for digit in digits])
    assert np.bincount(found).max() < 4
