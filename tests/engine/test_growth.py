"""When a worker counts as grown."""

from __future__ import annotations

from cnnlab.engine.client import _has_grown


def test_a_worker_is_measured_by_its_size_after_the_second_run() -> None:
    sizes: list[int] = []
    assert [_has_grown(sizes, size) for size in (500, 1000, 1090, 1100, 1101)] == [False, False, False, False, True]
    assert sizes == [500, 1000, 1090, 1100, 1101]
