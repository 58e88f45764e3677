"""The way to the workers: started as a subprocess of the app, or a cluster's; lost connections explained."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cnnlab.errors import EngineError
from cnnlab.marks import N_
from cnnlab.settings import Settings
from cnnlab.training.control import Control

if TYPE_CHECKING:
    from distributed.client import Client, Future

CONNECT_SECONDS = 30


@dataclass
class Connection:
    """A way to the workers; `process` is the engine that the app started, `runs` the tasks that train."""

    client: Client
    process: subprocess.Popen[str] | None
    runs: dict[str, Future] = field(default_factory=dict)
    wanted: dict[str, Control] = field(default_factory=dict)
    """What was asked last of each run that trains."""
    sizes: dict[str, list[int]] = field(default_factory=dict)
    """By worker, the bytes that it held after each of its runs."""

    def has(self, run: str, future: Future) -> bool:
        """Whether `future` is the run's present task."""
        return run in self.runs and self.runs[run] is future


def connect(settings: Settings, log: Path) -> Connection:
    """Connect to the cluster that the settings name, or start this machine's own workers.

    Args:
        log: where the workers' errors are written.

    Raises:
        EngineError: nobody answers, or they cannot be started.
    """
    # Imported here, in the engine's thread: it takes half a second that the first page should not wait for.
    from distributed import Client, Security

    logging.getLogger("distributed").setLevel(logging.ERROR)
    if settings.scheduler:
        try:
            return Connection(Client(settings.scheduler, timeout=CONNECT_SECONDS, set_as_default=False), None)
        except (OSError, TypeError, ValueError) as error:
            # Dask says TypeError where certificates are missing, ValueError where the address is none.
            raise EngineError(
                N_("No Dask scheduler answers at {address} ({reason})."),
                N_("Start it, or remove CNNLAB_SCHEDULER to use this machine's own workers."),
                address=settings.scheduler,
                reason=str(error),
            ) from error
    process, greeting = _spawn(settings, log)
    address = greeting.pop("address")
    security = Security(**greeting, require_encryption=True)
    try:
        return Connection(Client(address, security=security, timeout=CONNECT_SECONDS, set_as_default=False), process)
    except OSError as error:
        process.kill()
        process.wait()
        raise EngineError(
            N_("The worker processes were started but do not answer ({reason})."),
            N_("The file {log} says why."),
            reason=str(error),
            log=str(log),
        ) from error


def _spawn(settings: Settings, log: Path) -> tuple[subprocess.Popen[str], dict[str, str]]:
    try:
        with log.open("a") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "cnnlab.engine"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=Path(__file__).parents[2],
                env={**os.environ, **settings.to_environment()},
            )
    except OSError as error:
        raise EngineError(
            N_("The worker processes could not be started ({reason})."),
            N_("Check that {folder} can be written to."),
            reason=str(error),
            folder=str(settings.home),
        ) from error
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        raise EngineError(
            N_("The worker processes ended while starting."),
            N_("The file {log} says why."),
            log=str(log),
        )
    return process, json.loads(line)


def close(connection: Connection) -> None:
    """End it, and the workers that the app started."""
    with contextlib.suppress(OSError, TimeoutError):
        connection.client.close(timeout=2)
    process = connection.process
    if process:
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextlib.contextmanager
def lost_is_explained() -> Iterator[None]:
    """Whatever Dask raises where its connection breaks, as an EngineError."""
    from distributed.client import CancelledError  # also of a future whose connection was lost

    try:
        yield
    except (OSError, CancelledError) as error:
        raise EngineError(
            N_("The connection to the worker processes was lost."), N_("Wait a few seconds, then try again.")
        ) from error
