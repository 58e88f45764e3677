"""Functions that tests have run inside a worker."""

from __future__ import annotations

import os
import resource
import threading
from typing import Any

import psutil


def pid() -> int:
    return os.getpid()


def memory() -> int:
    """Bytes that this worker holds."""
    return psutil.Process().memory_info().rss


def training_runs() -> list[str]:
    """The runs that this worker is training, by the threads that ask what is wanted of them."""
    prefix = "control of "
    return [thread.name.removeprefix(prefix) for thread in threading.enumerate() if thread.name.startswith(prefix)]


def slow_disk(seconds: float) -> None:
    """Let this process take so much longer to write a model at the end of a run."""
    from cnnlab.engine.worker import training
    from cnnlab.training.checkpoint import save_final

    def save_slowly(*args: Any) -> None:
        threading.Event().wait(seconds)
        save_final(*args)

    training.save_final = save_slowly  # type: ignore[assignment]


def largest_file(size: int) -> None:
    """Let this process write no file larger than `size` bytes (-1: any), as a full disk would."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
