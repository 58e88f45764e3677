"""The augmentation's preview through a real worker."""

from __future__ import annotations

import numpy as np

from cnnlab.lab.lab import Lab
from cnnlab.training.spec import Augmentation


def test_samples_come_back_changed(lab: Lab) -> None:
    data = lab.datasets.get("digits-8x8")
    images, mirrored = lab.datasets.augmented("digits-8x8", Augmentation(flip_horizontal=True), 1, 12)
    np.testing.assert_array_equal(images, data.x_train[:12])
    assert (mirrored.dtype, mirrored.shape) == (np.uint8, images.shape)
    kept = (mirrored == images).all(axis=(1, 2, 3))
    turned = (mirrored == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (kept | turned).all() and kept.any() and turned.any()

    moved = [
        lab.datasets.augmented("digits-8x8", Augmentation(shift=0.3, noise=0.2), seed, 12)[1] for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(moved[0], moved[1])
    assert (moved[0] != moved[2]).any()
