"""Download the files of a large dataset: timeouts, progress, hashes, and one download at a time.

Pooch writes to a temporary file and moves it into place only if the hash is right, so a partial file is never used. A
lock next to the files makes a second process wait for the first one's download and share its failure: thirty users
without a network all get the error after one timeout. `loading` writes the error message.
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
from cnnlab.i18n.marks import N_

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 16
_REPORT_SECONDS = 0.1  # at most ten reports per second: each may redraw a progress bar


@dataclass(frozen=True)
class Progress:
    """Progress of the download of one file: `received` of `total` bytes (None if unknown)."""

    file: str
    received: int
    total: int | None


OnProgress = Callable[[Progress], None]


class DownloadError(Exception):
    """A download failed: its `url`, the `reason` (a marked text) and a technical `detail`."""

    def __init__(self, url: str, reason: str, detail: str) -> None:
        super().__init__(url, reason, detail)
        self.url = url
        self.reason = reason
        self.detail = detail


def fetch(
    name: str, files: Sequence[RemoteFile], folder: Path, seconds: float, on_progress: OnProgress | None = None
) -> None:
    """Download those `files` of the dataset `name` that are not in `folder` with the right hash.

    Stops at the first failure. `seconds` limits the wait for the server's response (name lookup, connection and first
    byte together) and every pause in the transfer. To cancel, raise an exception in `on_progress`: it ends the download
    and leaves no partial file.

    Raises:
        DownloadError: a download failed, in this call or in another that this one waited for.
    """
    from filelock import FileLock

    started = time.time()
    failure = folder / f".{name}.failure"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f".{name}.lock")
        with lock:
            if failure.exists() and failure.stat().st_mtime >= started:
                raise DownloadError(*failure.read_text(encoding="utf-8").split("\n", 2))
            try:
                for file in files:
                    _retrieve(file, (folder / file.path).parent, seconds, on_progress)
            except DownloadError as error:
                failure.write_text("\n".join((error.url, error.reason, error.detail)), encoding="utf-8")
                raise
    except OSError as error:
        # Network failures were already converted to DownloadError; this OSError is about the folder.
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
            # Retry an interrupted transfer, but not a server that did not respond at all.
            if last_attempt or not transfer.received:
                raise DownloadError(file.url, *_reason(error, seconds)) from error
        except ValueError as error:
            if not transfer.complete:
                raise
            raise DownloadError(file.url, _FORGED, f"sha256 ≠ {file.sha256[:12]}…") from error


class _Transfer:
    """Pooch's downloader: streams `url` into `output_file` and reports progress."""

    def __init__(self, file: RemoteFile, seconds: float, on_progress: OnProgress | None) -> None:
        self.file = file
        self.seconds = seconds
        self.on_progress = on_progress
        self.received = 0
        self.complete = False

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        with _response(url, self.seconds) as response, Path(output_file).open("wb") as output:
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


def _response(url: str, seconds: float) -> requests.Response:
    """Return the server's response before its body; raise `requests.Timeout` after `seconds` in total.

    The request runs in a thread: the timeout of requests applies to each address of a server and does not cover the
    name lookup, which alone can take half a minute on an offline computer.
    """
    import requests

    response: Future[requests.Response] = Future()

    def request() -> None:
        try:
            # "identity" requests the bytes as stored, as Keras does; the hash is over these.
            headers = {"Accept-Encoding": "identity"}
            response.set_result(requests.get(url, stream=True, timeout=seconds, headers=headers))
        except OSError as error:  # all errors of requests, and a missing certificate file
            response.set_exception(error)

    threading.Thread(target=request, name="cnnlab-download", daemon=True).start()
    try:
        return response.result(timeout=seconds)
    except TimeoutError as error:
        raise requests.Timeout(f"no answer within {seconds:g} s") from error


_UNWRITABLE = N_("the download folder cannot be used")
_FORGED = N_("the downloaded file is not the published one")


def _reason(error: requests.RequestException, seconds: float) -> tuple[str, str]:
    """Return the reason of a failure (a marked text) and a technical detail."""
    import requests
    from urllib3.exceptions import ReadTimeoutError

    cause = error.args[0] if error.args else None  # requests wraps urllib3's error, which wraps its reason
    cause = getattr(cause, "reason", None) or cause
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return N_("the server returned an error"), f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
        return N_("the server did not respond in time"), f"{seconds:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return N_("the connection was interrupted"), type(error).__name__
    if isinstance(error, requests.exceptions.SSLError):
        return N_("the server's certificate is not trusted"), str(cause)
    if isinstance(error, requests.ConnectionError):
        return N_("could not connect to the server"), type(cause).__name__
    return N_("the request failed"), type(error).__name__
