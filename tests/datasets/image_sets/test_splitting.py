"""Training, validation and test images: stratified, seeded, and near-duplicates on one side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.datasets.image_sets import Shares
from cnnlab.datasets.image_sets.splitting import NOT_GIVEN, TEST, TRAIN, VALIDATION, counts, divide, notes
from cnnlab.errors import DatasetError


def division(labels: list[int], groups: list[int] | None = None, parts: list[int] | None = None,
             shares: Shares | None = None) -> np.ndarray:  # fmt: skip
    names = [f"class {number}" for number in range(max(labels) + 1)]
    return divide(
        np.array(labels),
        np.arange(len(labels)) if groups is None else np.array(groups),
        np.full(len(labels), NOT_GIVEN) if parts is None else np.array(parts),
        shares or Shares(),
        names,
    )


def test_every_class_has_its_share_in_every_part() -> None:
    labels = [0] * 100 + [1] * 20 + [2] * 10
    parts = division(labels, shares=Shares(0.2, 0.1))
    assert counts(np.array(labels), parts, 3) == ((70, 20, 10), (14, 4, 2), (7, 2, 1))
    assert np.array_equal(parts, division(labels, shares=Shares(0.2, 0.1)))
    assert not np.array_equal(parts, division(labels, shares=Shares(0.2, 0.1, seed=1)))


def test_three_images_are_enough_for_three_parts() -> None:
    labels = [0] * 3 + [1] * 8
    assert counts(np.array(labels), division(labels), 2) == ((1, 1, 1), (6, 1, 1))
    message = r"Each class needs at least 3 images to learn from; too few: class 0 \(2\), class 1 \(0\)\. Add images to"
    with pytest.raises(DatasetError, match=message):
        division([0] * 2 + [2] * 9)


def test_groups_stay_on_one_side() -> None:
    # Two classes with bursts of five, one of which shows both classes.
    labels = [0] * 20 + [1] * 20
    groups = [0] * 5 + [1] * 5 + list(range(10, 20)) + [0] * 5 + list(range(20, 35))
    parts = division(labels, groups)
    for group in set(groups):
        assert len(set(parts[np.array(groups) == group])) == 1
    # 15 % of 20 are three of each class in validation and in test.
    assert counts(np.array(labels), parts, 2) == ((14, 3, 3), (14, 3, 3))


def test_a_class_of_one_burst_is_said() -> None:
    labels, groups = [0] * 10 + [1] * 10, [0] * 9 + [1] + list(range(2, 12))
    with pytest.raises(
        DatasetError,
        match=r"Each class needs at least 3 images that differ; too few: class 0 \(2\)\. "
        r"Near-duplicates count once\. Add images that differ more, or allow near-duplicates in several parts",
    ):
        division(labels, groups)


def test_classes_of_the_same_images_cannot_be_divided() -> None:
    with pytest.raises(DatasetError, match=r"“class 1” has near-duplicates in other classes, and .* fill one part"):
        division([0] * 32 + [1] * 3, [0] * 15 + [1] * 15 + [2, 3] + [0, 1, 4], shares=Shares(0.01, 0.01))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), min_size=60, max_size=150), st.integers(0, 99))
def test_no_group_ever_straddles(images: list[tuple[int, int]], seed: int) -> None:
    labels, groups = (np.array(values) for values in zip(*images, strict=True))
    try:
        parts = divide(labels, groups, np.full(len(labels), NOT_GIVEN), Shares(seed=seed), ["a", "b", "c"])
    except DatasetError:
        return
    assert all(len(set(parts[groups == group])) == 1 for group in set(groups))
    assert all({*parts[labels == label]} == {TRAIN, VALIDATION, TEST} for label in range(3))


def test_given_parts_are_respected_and_missing_ones_drawn() -> None:
    labels = [0, 1] * 30
    given_test = [TEST] * 20 + [TRAIN] * 40
    parts = division(labels, parts=given_test)
    assert parts[:20].tolist() == [TEST] * 20
    assert counts(np.array(labels), parts, 2) == ((17, 3, 10), (17, 3, 10))
    given_validation = [VALIDATION] * 20 + [NOT_GIVEN] * 40
    parts = division(labels, parts=given_validation)
    assert parts[:20].tolist() == [VALIDATION] * 20
    assert counts(np.array(labels), parts, 2) == ((17, 10, 3), (17, 10, 3))
    every = [TRAIN, TRAIN, VALIDATION, VALIDATION, TEST, TEST] * 10
    assert division(labels, parts=every).tolist() == every


def test_what_is_said_about_a_division() -> None:
    labels = np.array([0] * 30 + [1] * 5)
    groups = np.array([0, 0, *range(2, 35)])
    parts = np.array([TRAIN, TEST, *[TRAIN] * 28, *[TRAIN] * 5])
    assert [one.sentence() for one in notes(labels, groups, parts, ["many", "few"])] == [
        "Fewer than 20 images of few: results will vary by chance. More images help.",
        "The test images contain none of few.",
        "Near-duplicates of other images: 1.",
        "Test images that are near-duplicates of training images: 1. Results may look too good.",
    ]


@pytest.mark.parametrize("shares", [(0.0, 0.1), (0.1, 0.6), (0.5, 0.4), (0.1, -0.1)])
def test_shares_out_of_range(shares: tuple[float, float]) -> None:
    with pytest.raises(DatasetError, match=r"should be 0\.01 to 0\.5, together at most 0\.8"):
        Shares(*shares)
