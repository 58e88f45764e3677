"""What the app, the scheduler and the workers must agree on; free of Dask and TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

from cnnlab.errors import CNNLabError

TRAIN = "train"
INFER = "infer"
"""Dask resources: a worker has one unit of one of them, a task asks for one."""

WORKER_SETUP = "cnnlab.engine.setup"
"""The module that Dask loads in every worker (`--preload cnnlab.engine.setup` for the workers of a cluster)."""


def topic(key: str) -> str:
    """The Dask topic for the events of the task `key`, which trains a run."""
    return f"cnnlab-run-{key}"


def control(run: str) -> str:
    """The Dask variable that says what is wanted of a run."""
    return f"cnnlab-control-{run}"


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        error: None for well.
        details: the traceback of an error that is not the reader's.
        worker: the address of the worker that trained it, and how many bytes that process then held; "" where the
            worker is gone.
    """

    error: CNNLabError | None = None
    details: str = ""
    worker: str = ""
    memory: int = 0
