"""The real app in a process of its own: `streamlit run app.py` with a home and a port of its own."""

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

from cnnlab.lab import Lab
from cnnlab.settings import Settings

APP = Path(__file__).parents[1] / "app.py"
START_SECONDS = 60


class Server:
    """A running app; a context manager that ends it and its workers.

    Attributes:
        began: when the process was begun, on the clock of `time.perf_counter`.
        url: where it answers.
        process: the server alone, without its workers.
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
        """Until the health endpoint answers.

        Raises:
            RuntimeError: the server ended, or does not answer in time.
        """
        while time.perf_counter() - self.began < START_SECONDS and self._popen.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)
                connection.request("GET", "/_stcore/health")
                if connection.getresponse().status == http.HTTPStatus.OK:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"The app does not answer at {self.url}:\n{self._log.read_text()}")

    def reader(self) -> Lab:
        """A Lab without workers on the same home, to read what the server wrote down."""
        return Lab(self._settings, start_engine=False)

    @property
    def processor_seconds(self) -> float:
        """What the server has used so far, user and system; its workers are other processes."""
        times = self.process.cpu_times()
        return times.user + times.system

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
        # The engine ends by itself when its server does; the next measurement should not share the machine with it.
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
