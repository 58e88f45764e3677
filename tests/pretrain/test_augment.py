"""Variants of handwriting: others each time, the same for the same seed, and still the digit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from cnnlab.datasets import load
from cnnlab.pretrain.augment import image_variant, make_variants, stroke_variant
from cnnlab.pretrain.pen_strokes import PenDigit

SEVEN = PenDigit(7, 1, (np.array([[0.0, 0.0], [50.0, 0.0], [20.0, 100.0]]),))


def test_a_variant_of_strokes_is_prepared_as_a_drawing_is() -> None:
    drawn = stroke_variant(SEVEN, 1)
    assert (drawn.shape, drawn.dtype) == ((28, 28), np.uint8)
    rows, columns = np.flatnonzero(drawn.max(axis=1) > 60), np.flatnonzero(drawn.max(axis=0) > 60)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20, 21)
    assert ndimage.center_of_mass(drawn) == pytest.approx((14, 14), abs=0.6)


def test_seeds_make_other_variants_and_the_same_seed_the_same() -> None:
    assert np.array_equal(stroke_variant(SEVEN, 1), stroke_variant(SEVEN, 1))
    inks = {stroke_variant(SEVEN, seed).tobytes() for seed in range(20)}
    assert len(inks) == 20
    thickness = [int((stroke_variant(SEVEN, seed) > 127).sum()) for seed in range(40)]
    assert max(thickness) > 2.5 * min(thickness)


def test_some_images_stay_as_they_are_and_variants_stay_near_the_original() -> None:
    image = load("mnist-5k").x_train[0, :, :, 0]
    variants = [image_variant(image, seed) for seed in range(60)]
    assert all((one.shape, one.dtype) == ((28, 28), np.uint8) for one in variants)
    changed = [one for one in variants if not np.array_equal(one, image)]
    assert 30 < len(changed) < 54  # three tenths of sixty are left as they are
    assert len({one.tobytes() for one in changed}) == len(changed)
    assert 0.4 < np.median([np.corrcoef(image.ravel(), one.ravel())[0, 1] for one in changed]) < 0.98
    assert np.array_equal(image_variant(image, 5), variants[5])


def test_many_processes_make_what_one_makes() -> None:
    seeds = np.random.default_rng(3).integers(2**62, size=1001).tolist()
    made = make_variants(stroke_variant, [SEVEN] * 1001, seed=3)
    assert made.shape == (1001, 28, 28)
    for place in (0, 499, 500, 1000):
        assert np.array_equal(made[place], stroke_variant(SEVEN, seeds[place]))
