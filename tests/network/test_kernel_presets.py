"""The hand-designed kernels, number by number where the study notes give them, and what resembles them."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.network.kernel_presets import KERNELS, most_similar

SUMS_TO_ONE = {"box", "gaussian", "gaussian-5", "sharpen", "emboss", "identity"}
"""Those that keep the picture's brightness; the others answer to changes only."""


def test_the_two_of_the_notes_come_first() -> None:
    assert list(KERNELS)[:2] == ["notes-horizontal", "notes-vertical"]
    assert KERNELS["notes-horizontal"].array.tolist() == [[1, 1, 1], [1, 1, 1], [-2, -2, -2]]
    assert KERNELS["notes-vertical"].array.tolist() == [[-2, 1, 1], [-2, 1, 1], [-2, 1, 1]]


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_changes_brightness_as_it_should_and_resembles_itself(name: str) -> None:
    kernel = KERNELS[name]
    assert kernel.title and kernel.about
    assert kernel.array.sum() == pytest.approx(1 if name in SUMS_TO_ONE else 0, abs=1e-12)
    for factor in (1.0, 0.01, 300.0, -1.0, -0.5):
        found, cosine = most_similar(kernel.array * factor)
        assert cosine == pytest.approx(np.sign(factor))
        assert found == name


def test_directions_are_as_they_are_said() -> None:
    light_above = np.array([[1.0], [1], [0]]).repeat(3, axis=1)
    assert np.vdot(KERNELS["notes-horizontal"].array, light_above) == 6
    assert np.vdot(KERNELS["notes-vertical"].array, 1 - light_above.T[:, ::-1]) < 0
    for name in ("sobel-horizontal", "prewitt-horizontal"):
        assert np.vdot(KERNELS[name].array, light_above) < 0
        assert KERNELS[name].array.tolist() == KERNELS[name.replace("horizontal", "vertical")].array.T.tolist()
    falls = np.eye(3)
    assert np.vdot(KERNELS["diagonal-down"].array, falls) == 6 == np.vdot(KERNELS["diagonal-up"].array, falls[::-1])


def test_what_resembles_none() -> None:
    assert most_similar(np.zeros((3, 3))) == ("", 0.0)
    assert most_similar(np.ones((4, 4))) == ("", 0.0)
    assert most_similar(np.full((3, 3), np.nan)) == ("", 0.0)
    assert most_similar(np.ones((5, 5)))[0] == "gaussian-5"
