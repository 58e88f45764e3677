"""What the tests of this room share: the full sets, a real web server on this computer, and small stand-ins."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from cnnlab.datasets.checks import Arrays, content_digest
from cnnlab.datasets.registry import DATASETS, DatasetInfo
from cnnlab.settings import Settings

MakeSettings = Callable[..., Settings]


@pytest.fixture(autouse=True)
def away_from_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep Keras's real cache and any proxy out of the tests; returns an empty Keras home."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "keras"


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    def make(*folders: Path, seconds: float = 4.0) -> Settings:
        return Settings(home=tmp_path / "home", datasets=folders, download_seconds=seconds)

    return make


class Server:
    """A web server whose every path is answered by a function; `asked` lists the paths in the order of the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.was_asked = threading.Event()
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.was_asked.set()
                outer.answers.get(self.path, lambda handler: handler.send_error(404))(self)

            def log_message(self, format: str, *args: object) -> None:
                """Keep the test output quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.block_on_close = False
        self.base = f"http://127.0.0.1:{self.http.server_port}/"

    def serve(self, name: str, content: bytes, sent: int | None = None, length: bool = True) -> str:
        """Answer `name` with `content` (cut off after `sent` bytes); returns the address."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            if length:
                handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content[:sent])

        self.answers[f"/{name}"] = answer
        return self.base + name

    def stall(self, name: str, first: bytes = b"") -> str:
        """Answer `name` with `first`, and then with nothing at all."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(first)
            handler.wfile.flush()
            self.closing.wait()

        self.answers[f"/{name}"] = answer
        return self.base + name

    def drip(self, name: str) -> str:
        """Answer `name` so slowly that no single wait is long and no answer ever complete."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
            while not self.closing.wait(0.05):
                try:
                    handler.wfile.write(b"x")
                except OSError:
                    return

        self.answers[f"/{name}"] = answer
        return self.base + name


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield running
    running.closing.set()
    running.http.shutdown()
    running.http.server_close()
    thread.join()


def tiny_arrays(info: DatasetInfo, train: int = 30, test: int = 10) -> Arrays:
    """Noise in the format of `info`, every class equally often, images with their channel axis."""
    noise = np.random.default_rng(7)
    x_train, x_test = (noise.integers(0, 256, (n, *info.input_shape), dtype=np.uint8) for n in (train, test))
    y_train, y_test = (np.arange(n, dtype=np.uint8) % 10 for n in (train, test))
    return Arrays(x_train, y_train, x_test, y_test)


def tiny_info(name: str, arrays: Arrays) -> DatasetInfo:
    """The entry `name` with the sizes and the digest of `arrays`."""
    info = DATASETS[name]
    return replace(
        info,
        train_size=len(arrays.x_train),
        test_size=len(arrays.x_test),
        digest=content_digest(arrays) if info.digest else None,
    )


def write_npz(path: Path, arrays: Arrays) -> Path:
    """`arrays` as Keras lays out `mnist.npz`, without a channel axis."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = {part: array[..., 0] if array.ndim == 4 else array for part, array in arrays._asdict().items()}
    np.savez(path, **images)
    return path
