"""Connect to the workers: to those of a cluster, or to a subprocess that is started here."""

from __future__ import annotations

import asyncio
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
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings
from cnnlab.training.control import Control

if TYPE_CHECKING:
    from distributed import Security
    from distributed.client import Client, Future

CONNECT_SECONDS = 30


@dataclass
class Connection:
    """A connection to the workers. `process` is the engine if the app started it, `runs` are the training tasks."""

    client: Client
    process: subprocess.Popen[str] | None
    runs: dict[str, Future] = field(default_factory=dict)
    controls: dict[str, Control] = field(default_factory=dict)
    """The latest control state of each training run."""
    sizes: dict[str, list[int]] = field(default_factory=dict)
    """Worker -> its memory in bytes after each of its runs."""

    def is_current(self, run: str, future: Future) -> bool:
        """Return whether `future` is the run's current task."""
        return run in self.runs and self.runs[run] is future

    def workers_of(self, future: Future) -> list[str]:
        """Return the addresses of the workers that have a task."""
        return [address for address, keys in self.client.processing().items() if future.key in keys]

    def last_seen(self, future: Future) -> float:
        """Return when a worker that has a task last reported to the scheduler, in seconds since 1970; 0 if none has."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        return max((workers[one]["last_seen"] for one in self.workers_of(future) if one in workers), default=0.0)


def connect(settings: Settings, log: Path) -> Connection:
    """Connect to the cluster that the settings name, or start this machine's own workers.

    Args:
        log: file for the workers' standard error.

    Raises:
        EngineError: the cluster does not respond, or the workers cannot be started.
    """
    # Imported in the engine's thread: it takes half a second, which would delay the first page.
    from distributed import Security

    logging.getLogger("distributed").setLevel(logging.ERROR)
    if settings.scheduler:
        try:
            return Connection(_client(settings.scheduler, Security()), None)
        except (OSError, TypeError, ValueError) as error:
            # Dask raises TypeError if certificates are missing, and ValueError if the address is invalid.
            raise EngineError(
                N_("No Dask scheduler responds at {address} ({reason})."),
                N_("Start it, or remove CNNLAB_SCHEDULER to use this machine's own workers."),
                address=settings.scheduler,
                reason=str(error),
            ) from error
    process, greeting = _spawn(settings, log)
    address = greeting.pop("address")
    security = Security(**greeting, require_encryption=True)
    try:
        return Connection(_client(address, security), process)
    except OSError as error:
        process.kill()
        process.wait()
        raise EngineError(
            N_("The worker processes were started but do not respond ({reason})."),
            N_("See the log file {log}."),
            reason=str(error),
            log=str(log),
        ) from error


def _client(address: str, security: Security) -> Client:
    """Connect to a scheduler that responds.

    Dask closes a client that could not connect when Python frees it. If that happens while the next client starts, both
    wait for the same lock forever. So no client is made for a scheduler that does not respond.
    """
    from distributed import Client
    from distributed.comm import connect as greet

    async def check() -> None:
        comm = await greet(address, timeout=CONNECT_SECONDS, **security.get_connection_args("client"))
        await comm.close()

    asyncio.run(check())
    return Client(address, security=security, timeout=CONNECT_SECONDS, set_as_default=False)


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
            N_("Check that {folder} is writable."),
            reason=str(error),
            folder=str(settings.home),
        ) from error
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        raise EngineError(
            N_("The worker processes ended while starting."),
            N_("See the log file {log}."),
            log=str(log),
        )
    return process, json.loads(line)


def close(connection: Connection) -> None:
    """Close the connection and end the workers that the app started."""
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
def explain_lost_connection() -> Iterator[None]:
    """Convert Dask's exceptions for a broken connection to EngineError."""
    from distributed.client import CancelledError  # Raised for a future whose connection was lost.

    try:
        yield
    except (OSError, CancelledError) as error:
        raise EngineError(
            N_("The connection to the worker processes was lost."), N_("Wait a few seconds, then try again.")
        ) from error
