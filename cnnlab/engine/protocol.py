"""Names and types shared by the app, the scheduler and the workers. Imports neither Dask nor TensorFlow."""

from __future__ import annotations

from dataclasses import dataclass

from cnnlab.errors import CNNLabError

TRAIN = "train"
INFER = "infer"
"""Dask resources: each worker has one unit of one of them, and each task requires one unit."""

WORKER_SETUP = "cnnlab.engine.worker.setup"
"""The module that Dask loads in every worker (`--preload cnnlab.engine.worker.setup` for the workers of a cluster)."""


def topic(key: str) -> str:
    """Return the Dask topic for the events of the training task `key`."""
    return f"cnnlab-run-{key}"


def control_variable(run: str) -> str:
    """Return the name of the Dask variable with a run's control state."""
    return f"cnnlab-control-{run}"


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    Attributes:
        error: None if it succeeded.
        details: the traceback of an unexpected error.
        worker: the address of the worker that trained it; "" if the worker is gone.
        memory: the worker's memory in bytes after the run.
    """

    error: CNNLabError | None = None
    details: str = ""
    worker: str = ""
    memory: int = 0
