"""The Lab with workers, trainings that last, and hands to reach into both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cnnlab.lab.lab import Lab
from cnnlab.training.events import Epoch
from cnnlab.training.spec import TrainingSpec
from tests.waiting import wait_until

LAST = 12
"""Epochs of a run that is disturbed."""


@pytest.fixture(scope="session")
def lab(working_lab: Lab) -> Lab:
    return working_lab


@pytest.fixture(scope="session")
def slow() -> TrainingSpec:
    """Epochs of about a second: long enough to be disturbed, also by a test that is late."""
    return TrainingSpec(dataset="digits-8x8", batch_size=8, epochs=LAST)


@pytest.fixture(scope="session")
def endless() -> TrainingSpec:
    return TrainingSpec(dataset="digits-8x8", batch_size=8, epochs=1000)


def epochs(lab: Lab, run: str) -> list[int]:
    """The epochs that the run has reported, in the order in which they were kept."""
    return [event.epoch for _, event in lab.runs.events(run) if isinstance(event, Epoch)]


def until_epoch(lab: Lab, run: str, number: int) -> None:
    wait_until(lambda: number in epochs(lab, run))


def holders(lab: Lab, resource: str) -> list[str]:
    """The addresses of the workers that have `resource`."""
    assert lab.engine._connection is not None
    workers = lab.engine._connection.client.scheduler_info(n_workers=-1)["workers"]
    return [address for address, worker in workers.items() if resource in worker["resources"]]


def in_workers(lab: Lab, resource: str, function: Callable[..., Any], *args: Any) -> Any:
    """What `function` returns in the worker that has `resource`."""
    (address,) = wait_until(lambda: holders(lab, resource))
    assert lab.engine._connection is not None
    return lab.engine._connection.client.run(function, *args, workers=[address])[address]
