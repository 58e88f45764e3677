from __future__ import annotations

import pytest

from cnnlab.vision.sum_as_tex import tex_equals, tex_sum


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ([0.114, -1.976, 0.0004, 0.0, 2.0], "0.114 -1.976 +2.000"),
        ([-0.5, 0.25], "-0.500 +0.250"),
        ([0.0, -0.0001], "0"),
        ([], "0"),
    ],
)
def test_terms_stand_one_behind_the_other(terms: list[float], text: str) -> None:
    assert tex_sum(terms) == text


@pytest.mark.parametrize(
    ("terms", "total", "sign"),
    [
        ([0.114, 0.25], 0.364, "="),
        # Each is written as 0.114, the total as 0.343.
        ([0.1144, 0.1144, 0.1144], 0.3432, r"\approx"),
        ([1.0, 0.0006], 1.0006, "="),
        ([0.9997, 0.0006], 1.0003, r"\approx"),
        ([], 0.0, "="),
    ],
)
def test_figures_that_do_not_add_up_are_not_called_equal(terms: list[float], total: float, sign: str) -> None:
    assert tex_equals(terms, total) == sign
