"""A real Lab with real workers, shared by the tests that leave it whole, and hands to reach into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cnnlab.lab import Lab
from cnnlab.runs.record import Run
from cnnlab.settings import Settings
from cnnlab.training.events import Epoch
from cnnlab.training.spec import TrainingSpec
from tests.waiting import wait_until


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    one = Lab(Settings(home=tmp_path_factory.mktemp("lab")))
    wait_until(lambda: one.engine.state == "ready")
    yield one
    one.close()


@pytest.fixture(scope="session")
def slow() -> TrainingSpec:
    """Five epochs of about a second: long enough to be disturbed."""
    return TrainingSpec(dataset="digits-8x8", batch_size=8, epochs=5)


@pytest.fixture(scope="session")
def endless() -> TrainingSpec:
    return TrainingSpec(dataset="digits-8x8", batch_size=8, epochs=1000)


def epochs(lab: Lab, run: str) -> list[int]:
    """The epochs that the run has reported, in the order in which they were kept."""
    return [event.epoch for _, event in lab.events(run) if isinstance(event, Epoch)]


def until_epoch(lab: Lab, run: str, number: int) -> None:
    wait_until(lambda: number in epochs(lab, run))


def ended(lab: Lab, run: str) -> Run:
    """The run, once it has ended."""
    wait_until(lambda: not lab.run(run).going, 120)
    return lab.run(run)


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
