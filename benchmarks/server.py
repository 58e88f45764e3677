"""The real app in its own process: `streamlit run app.py` with its own home and port."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import psutil

from cnnlab.lab.lab import Lab
from cnnlab.settings import Settings

APP = Path(__file__).parents[1] / "app.py"
START_SECONDS = 60


class Server:
    """A running app, as a context manager that ends it and its workers.

    Attributes:
        began: start time of the process, on the clock of `time.perf_counter`.
        url: its address.
        process: the server process, without its workers.
    """

    def __init__(self, settings: Settings) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cnnlab-benchmark-", ignore_cleanup_errors=True)
        self._settings = replace(settings, home=Path(self._folder.name) / "home")
        self._port = _free_port()
        self._log = Path(self._folder.name) / "server.log"
        self.url = f"http://127.0.0.1:{self._port}"
        options = [f"--server.port={self._port}", "--server.address=127.0.0.1", "--server.headless=true"]
        with self._log.open("w") as log:
            self.began = time.perf_counter()
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", APP.name, *options],
                cwd=APP.parent,
                env={**os.environ, **self._settings.to_environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.process = psutil.Process(self._popen.pid)

    def wait_until_healthy(self) -> None:
        """Wait until the health endpoint responds.

        Raises:
            RuntimeError: the server has ended or does not respond in time.
        """
        while time.perf_counter() - self.began < START_SECONDS and self._popen.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)
                connection.request("GET", "/_stcore/health")
                if connection.getresponse().status == http.HTTPStatus.OK:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"The app does not respond at {self.url}:\n{self._log.read_text()}")

    def reader(self) -> Lab:
        """Return a Lab without workers on the same home, to read the data that the server stored."""
        return Lab(self._settings, start_engine=False)

    @property
    def processor_seconds(self) -> float:
        """CPU time of the server so far, user and system, without its workers."""
        times = self.process.cpu_times()
        return times.user + times.system

    @property
    def all_processor_seconds(self) -> float:
        """The same with the engine and the workers, as long as none of them ends."""
        times = [one.cpu_times() for one in (self.process, *self.process.children(recursive=True))]
        return sum(time.user + time.system for time in times)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        workers = self.process.children(recursive=True) if self._popen.poll() is None else []
        self._popen.terminate()
        try:
            self._popen.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        # The engine ends when its server does. Wait for it, so that the next measurement has the machine to itself.
        _, left = psutil.wait_procs(workers, timeout=15)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._folder.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
