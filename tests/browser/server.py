"""The app as the README says to start it, in a process and a folder of its own, with no network to download from."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
START_SECONDS = 180
END_SECONDS = 90


class AppServer:
    """One life of the Streamlit server; `start` begins it, `close` ends it and looks that nothing is left over."""

    def __init__(self, home: Path, scratch: Path) -> None:
        """`home` becomes CNNLAB_HOME; `scratch` is for the log and for an empty home folder of the user."""
        self.home = home
        self.scratch = scratch
        self.log = scratch / "server.log"
        self._refusing = socket.socket()
        # Bound but never listened to: whoever connects is refused, and nobody else can take the port.
        self._refusing.bind(("127.0.0.1", 0))

    def start(self) -> AppServer:
        """Start the process; returns when it answers."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        user = self.scratch / "user"
        user.mkdir(exist_ok=True)
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        closed = f"http://127.0.0.1:{self._refusing.getsockname()[1]}"
        environment = {name: value for name, value in os.environ.items() if not _meddles(name)}
        environment |= {
            "CNNLAB_HOME": str(self.home),
            "HOME": str(user),
            "KERAS_HOME": str(user / "keras"),
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), closed),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1"),
        }
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(port)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until(self._answers, START_SECONDS)
        except AssertionError as error:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server does not answer; its log:\n{self.log_text()}") from error
        return self

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the server has ended"
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"{self.url}/_stcore/health", timeout=2
            ) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    @property
    def pid(self) -> int:
        return self.process.pid

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def descendants(self) -> list[psutil.Process]:
        """The engine and its workers, as they are now."""
        return psutil.Process(self.pid).children(recursive=True)

    def engine(self) -> psutil.Process:
        """The engine's own process, once there is one."""

        def find() -> psutil.Process | None:
            for process in psutil.Process(self.pid).children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    if "cnnlab.engine" in process.cmdline():
                        return process
            return None

        found = wait_until(find, START_SECONDS)
        assert found is not None
        return found

    def kill(self) -> None:
        """End the server as a power cut would, and look that its engine ends by itself."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """End the server politely, and look that its engine ends with it."""
        try:
            if self.process.poll() is None:
                assert not tensorflow_in(self.pid), "TensorFlow was loaded in the server process"
                self._end(signal.SIGTERM)
        finally:
            self._refusing.close()

    def _end(self, how: signal.Signals) -> None:
        family = self.descendants()
        self.process.send_signal(how)
        _, left = psutil.wait_procs([psutil.Process(self.pid), *family], END_SECONDS)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        assert not left, f"still there {END_SECONDS} s after the server was to end: {left}"


@contextlib.contextmanager
def running(home: Path, scratch: Path) -> Iterator[AppServer]:
    """A server for the length of a `with`."""
    server = AppServer(home, scratch).start()
    try:
        yield server
    finally:
        server.close()


def tensorflow_in(pid: int) -> list[str]:
    """The files of TensorFlow's native code that a process has loaded; importing TensorFlow cannot do without."""
    return sorted({mapped.path for mapped in psutil.Process(pid).memory_maps() if "tensorflow" in mapped.path})


def _meddles(name: str) -> bool:
    """Variables of whoever runs the tests that would change what the app finds or how it starts."""
    return name.startswith(("CNNLAB_", "STREAMLIT_", "DASK_")) or name.upper() == "ALL_PROXY"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
