"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from cnnlab.lab.lab import Lab
from cnnlab.runs.run import Run

T = TypeVar("T")


def wait_until(condition: Callable[[], T], seconds: float = 300.0) -> T:
    """The first truthy value of `condition`, asked every twentieth of a second; AssertionError after `seconds`."""
    never, deadline = threading.Event(), time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"still not so after {seconds:g} s: {value!r}"
        never.wait(0.05)
    return value


def ended(lab: Lab, run: str, seconds: float = 120.0) -> Run:
    """The run, once it has ended; see `wait_until`."""
    wait_until(lambda: not lab.runs.get(run).active, seconds)
    return lab.runs.get(run)
