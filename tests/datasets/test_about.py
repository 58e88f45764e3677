from __future__ import annotations

import numpy as np

from cnnlab.datasets.about import class_counts, class_means, one_hot

IMAGES = np.array([[[[0], [10]]], [[[255], [20]]], [[[255], [31]]], [[[1], [2]]]], np.uint8)
LABELS = np.array([0, 2, 2, 0])


def test_counts() -> None:
    assert class_counts(LABELS, 4).tolist() == [2, 0, 2, 0]


def test_means_by_hand() -> None:
    found = class_means(IMAGES, LABELS, 4)
    assert found.shape == (4, 1, 2, 1)
    assert found[0].ravel().tolist() == [0.5, 6.0]
    # 255 + 255 would not fit into a byte.
    assert found[2].ravel().tolist() == [255.0, 25.5]
    assert np.isnan(found[[1, 3]]).all()


def test_one_hot() -> None:
    assert one_hot(2, 4) == (0, 0, 1, 0)
