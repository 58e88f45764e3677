"""Bring the files of a large data set into a folder: time-outs, progress, hashes, and one download at a time.

Pooch writes to a temporary file and moves it into place only when its hash is right, so a half-written file is never
used. A lock beside the files makes a second process wait for the first one's download - and share its failure, so that
thirty people without a network all have their answer after one time-out. What to tell them is left to `loading`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnlab.datasets.registry import RemoteFile
from cnnlab.marks import N_

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 16
_REPORT_SECONDS = 0.1  # at most ten reports a second: each may redraw a progress bar


@dataclass(frozen=True)
class Progress:
    """How far the download of one file is: `received` of `total` bytes (None: the server did not say)."""

    file: str
    received: int
    total: int | None


OnProgress = Callable[[Progress], None]


class DownloadError(Exception):
    """A file could not be had: its `url`, the `reason` (a marked text) and a technical `detail`."""

    def __init__(self, url: str, reason: str, detail: str) -> None:
        super().__init__(url, reason, detail)
        self.url = url
        self.reason = reason
        self.detail = detail


def fetch(
    name: str, files: Sequence[RemoteFile], folder: Path, seconds: float, on_progress: OnProgress | None = None
) -> None:
    """Make sure that all `files` of the data set `name` are in `folder`, each with the right hash.

    Gives up at the first file that cannot be had. `seconds` bounds both the wait for a server's answer (its name, the
    connection and the first byte together) and every pause in what it sends. An exception from `on_progress` ends the
    download and leaves nothing behind: that is how to stop it.

    Raises:
        DownloadError: why not. One that happened while this call waited for another's download is passed on.
    """
    from filelock import FileLock

    asked = time.time()
    failure = folder / f".{name}.failure"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f".{name}.lock")
        with lock:
            if failure.exists() and failure.stat().st_mtime >= asked:
                raise DownloadError(*failure.read_text(encoding="utf-8").split("\n", 2))
            try:
                for file in files:
                    _retrieve(file, (folder / file.path).parent, seconds, on_progress)
            except DownloadError as error:
                failure.write_text("\n".join((error.url, error.reason, error.detail)), encoding="utf-8")
                raise
    except OSError as error:
        # What concerns the network is a DownloadError by now; this is the folder.
        raise DownloadError(files[0].url, _UNWRITABLE, str(error)) from error


def _retrieve(file: RemoteFile, folder: Path, seconds: float, on_progress: OnProgress | None) -> None:
    import pooch
    import requests

    for last_attempt in (False, True):
        transfer = _Transfer(file, seconds, on_progress)
        try:
            pooch.retrieve(file.url, f"sha256:{file.sha256}", fname=file.name, path=folder, downloader=transfer)
            return
        except requests.RequestException as error:
            # A server that did not answer will not answer now; one that broke off half-way may.
            if last_attempt or not transfer.received:
                raise DownloadError(file.url, *_reason(error, seconds)) from error
        except ValueError as error:
            if not transfer.complete:
                raise
            raise DownloadError(file.url, _FORGED, f"sha256 ≠ {file.sha256[:12]}…") from error


class _Transfer:
    """What Pooch calls to get a file: streams `url` into `output_file` and reports progress."""

    def __init__(self, file: RemoteFile, seconds: float, on_progress: OnProgress | None) -> None:
        self.file = file
        self.seconds = seconds
        self.on_progress = on_progress
        self.received = 0
        self.complete = False

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        with _answer(url, self.seconds) as response, Path(output_file).open("wb") as output:
            response.raise_for_status()
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else None
            reported = 0.0
            for chunk in response.iter_content(_CHUNK):
                output.write(chunk)
                self.received += len(chunk)
                if self.received == total or time.monotonic() - reported >= _REPORT_SECONDS:
                    reported = time.monotonic()
                    self._report(total)
        if total is None:
            self._report(self.received)
        self.complete = True

    def _report(self, total: int | None) -> None:
        if self.on_progress is not None:
            self.on_progress(Progress(self.file.name, self.received, total))


def _answer(url: str, seconds: float) -> requests.Response:
    """The server's response with its body still to come, or `requests.Timeout` after `seconds` in all.

    Asked for in a thread: the time-out of requests holds for each of a server's addresses and does not cover the search
    for its name, which alone can take half a minute on a computer that is off the network.
    """
    import requests

    answer: Future[requests.Response] = Future()

    def ask() -> None:
        try:
            # "identity": the bytes as they are stored, as Keras asks for them. The hash is over those.
            headers = {"Accept-Encoding": "identity"}
            answer.set_result(requests.get(url, stream=True, timeout=seconds, headers=headers))
        except OSError as error:  # all of requests' own errors, and a certificate file that is not there
            answer.set_exception(error)

    threading.Thread(target=ask, name="cnnlab-download", daemon=True).start()
    try:
        return answer.result(timeout=seconds)
    except TimeoutError as error:
        raise requests.Timeout(f"no answer within {seconds:g} s") from error


_UNWRITABLE = N_("the folder for downloads cannot be used")
_FORGED = N_("what was received is not the published file")


def _reason(error: requests.RequestException, seconds: float) -> tuple[str, str]:
    """A marked text that says what went wrong, and a technical detail."""
    import requests
    from urllib3.exceptions import ReadTimeoutError

    cause = error.args[0] if error.args else None  # requests wraps urllib3's error, which names its reason in turn
    cause = getattr(cause, "reason", None) or cause
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return N_("the server answered with an error"), f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
        return N_("no answer in time"), f"{seconds:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return N_("the connection broke off"), type(error).__name__
    if isinstance(error, requests.exceptions.SSLError):
        return N_("the server's certificate was not accepted"), str(cause)
    if isinstance(error, requests.ConnectionError):
        return N_("no connection to the server"), type(cause).__name__
    return N_("the request failed"), type(error).__name__
