"""Downloads from a real server on this computer: whole, forged, stalled, cut off, and asked for twice at once."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from cnnlab.datasets import DATASETS, DatasetUnavailable, Progress, load
from cnnlab.datasets.download import DownloadError, fetch
from cnnlab.datasets.loading import load_info
from cnnlab.datasets.registry import RemoteFile
from tests.datasets.conftest import MakeSettings, Server, tiny_arrays, tiny_info, write_npz

CONTENT = bytes(range(256)) * 1_000


def remote(url: str, content: bytes = CONTENT) -> RemoteFile:
    return RemoteFile("some/file.bin", url, hashlib.sha256(content).hexdigest(), len(content))


def left_in(folder: Path) -> set[str]:
    """The files in `folder` that are not the lock or the note beside them."""
    return {path.name for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")}


def test_a_download_is_kept_and_reports_its_progress(server: Server, tmp_path: Path) -> None:
    file, reports = remote(server.serve("file.bin", CONTENT)), list[Progress]()
    fetch("set", [file], tmp_path, 4, reports.append)
    assert (tmp_path / "some" / "file.bin").read_bytes() == CONTENT
    assert left_in(tmp_path) == {"file.bin"}
    received = [report.received for report in reports]
    assert received == sorted(received)
    assert reports[-1] == Progress("file.bin", 256_000, 256_000)

    fetch("set", [file], tmp_path, 4)
    assert server.asked == ["/file.bin"]


def test_progress_without_a_known_length(server: Server, tmp_path: Path) -> None:
    reports: list[Progress] = []
    fetch("set", [remote(server.serve("file.bin", CONTENT, length=False))], tmp_path, 4, reports.append)
    assert reports[0].total is None
    assert reports[-1] == Progress("file.bin", 256_000, 256_000)


def test_a_wrong_hash_is_refused_and_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    file = remote(server.serve("file.bin", CONTENT[:-1] + b"\x00"))
    with pytest.raises(DownloadError) as caught:
        fetch("set", [file], tmp_path, 4)
    assert caught.value.reason == "the downloaded file is not the published one"
    assert left_in(tmp_path) == set()
    assert server.asked == ["/file.bin"]


def test_a_damaged_earlier_download_is_replaced(server: Server, tmp_path: Path) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "file.bin").write_bytes(CONTENT[:100])
    fetch("set", [remote(server.serve("file.bin", CONTENT))], tmp_path, 4)
    assert (tmp_path / "some" / "file.bin").read_bytes() == CONTENT


def test_a_connection_cut_half_way_is_tried_twice(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch("set", [remote(server.serve("file.bin", CONTENT, sent=100_000))], tmp_path, 4)
    assert caught.value.reason == "the connection was interrupted"
    assert left_in(tmp_path) == set()
    assert server.asked == ["/file.bin"] * 2


def test_a_second_attempt_may_succeed(server: Server, tmp_path: Path) -> None:
    file = remote(server.serve("file.bin", CONTENT, sent=100_000))

    def mend(report: Progress) -> None:
        server.serve("file.bin", CONTENT)

    fetch("set", [file], tmp_path, 4, mend)
    assert (tmp_path / "some" / "file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("behaviour", "attempts"),
    [("silent", 1), ("half-way", 2), ("dripping", 1)],
)
def test_the_time_out_is_kept(behaviour: str, attempts: int, server: Server, tmp_path: Path) -> None:
    half = b"HTTP/1.0 200 OK\r\nContent-Length: 256000\r\n\r\n" + CONTENT[:100_000]
    urls = {"silent": server.stall, "dripping": server.drip, "half-way": lambda name: server.stall(name, half)}
    start = time.perf_counter()
    with pytest.raises(DownloadError) as caught:
        fetch("set", [remote(urls[behaviour]("file.bin"))], tmp_path, 1)
    # The file that drips would take hours.
    assert time.perf_counter() - start < 60
    assert (caught.value.reason, caught.value.detail) == ("the server did not respond in time", "1 s")
    assert left_in(tmp_path) == set()
    assert len(server.asked) == attempts


def test_a_server_that_does_not_have_it(server: Server, tmp_path: Path) -> None:
    files = [remote(server.base + "missing"), remote(server.serve("file.bin", CONTENT))]
    with pytest.raises(DownloadError) as caught:
        fetch("set", files, tmp_path, 60)
    assert (caught.value.reason, caught.value.detail) == ("the server returned an error", "HTTP 404")
    assert server.asked == ["/missing"]  # and the second file was not even tried


def test_a_folder_that_cannot_be_used(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError) as caught:
        fetch("set", [remote(server.base)], tmp_path / "file" / "datasets", 4)
    assert caught.value.reason == "the download folder cannot be used"
    assert server.asked == []


class Stopped(BaseException):
    """As Streamlit's own, which ends a script from inside a callback."""


@pytest.mark.parametrize("kind", [Stopped, ValueError])
def test_a_callback_can_stop_it(kind: type[BaseException], server: Server, tmp_path: Path) -> None:
    def stop(report: Progress) -> None:
        raise kind

    file = remote(server.serve("file.bin", CONTENT))
    with pytest.raises(kind):
        fetch("set", [file], tmp_path, 4, stop)
    assert left_in(tmp_path) == set()
    fetch("set", [file], tmp_path, 4)
    assert left_in(tmp_path) == {"file.bin"}


TWO = """
import sys
from pathlib import Path
from cnnlab.datasets.download import fetch
from cnnlab.datasets.registry import RemoteFile
url, sha256, folder = sys.argv[1:]
print("ready", flush=True)
fetch("set", [RemoteFile("file.bin", url, sha256, 256_000)], Path(folder), 300)
print("done", flush=True)
"""


def test_two_processes_at_once_make_one_download(server: Server, tmp_path: Path) -> None:
    url = server.serve("file.bin", CONTENT)
    answer, both_ready = server.answers["/file.bin"], threading.Event()

    def when_both_are_ready(handler: object) -> None:
        both_ready.wait(300)
        answer(handler)  # type: ignore[arg-type]

    server.answers["/file.bin"] = when_both_are_ready
    command = [sys.executable, "-c", TWO, url, hashlib.sha256(CONTENT).hexdigest(), str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    both_ready.set()
    assert [process.communicate(timeout=300)[0] for process in both] == ["done\n", "done\n"]
    assert server.asked == ["/file.bin"]


def test_who_waited_for_a_failure_shares_it(server: Server, tmp_path: Path) -> None:
    files, errors = [remote(server.stall("file.bin"))], list[tuple[str, ...]]()

    def ask() -> None:
        try:
            fetch("set", files, tmp_path, 3)
        except DownloadError as error:
            errors.append((error.url, error.reason, error.detail))

    class_of_thirty = [threading.Thread(target=ask) for _ in range(30)]
    class_of_thirty[0].start()
    assert server.was_asked.wait(300)
    for thread in class_of_thirty[1:]:
        thread.start()
    for thread in class_of_thirty:
        thread.join()
    assert errors == [(server.base + "file.bin", "the server did not respond in time", "3 s")] * 30
    assert server.asked == ["/file.bin"]

    # Whoever asks afterwards gets a new attempt.
    server.serve("file.bin", CONTENT)
    fetch("set", files, tmp_path, 60)


def test_a_large_set_is_downloaded_and_then_found(
    server: Server, shared_data: Path, make_settings: MakeSettings
) -> None:
    content = {file.name: (shared_data / file.path).read_bytes() for file in DATASETS["fashion-mnist"].files}
    files = tuple(
        RemoteFile(file.path, server.serve(file.name, c := content[file.name]), hashlib.sha256(c).hexdigest(), len(c))
        for file in DATASETS["fashion-mnist"].files
    )
    info, settings, reports = replace(DATASETS["fashion-mnist"], files=files), make_settings(), list[Progress]()
    assert load_info(info, settings, reports.append).x_train.shape == (60_000, 28, 28, 1)
    assert {report.file for report in reports if report.received == report.total} == set(content)
    assert len(server.asked) == 4
    load("fashion-mnist", settings)
    assert len(server.asked) == 4


def test_what_is_downloaded_is_checked_too(server: Server, make_settings: MakeSettings, tmp_path: Path) -> None:
    arrays = tiny_arrays(DATASETS["mnist"])
    content = write_npz(tmp_path / "mnist.npz", arrays).read_bytes()
    url = server.serve("mnist.npz", content)
    info = tiny_info("mnist", arrays)
    info = replace(info, files=(replace(remote(url, content), path="mnist.npz"),))
    assert load_info(info, make_settings()).y_test.tolist() == list(range(10))


def test_without_a_network_the_answer_says_what_to_do(
    make_settings: MakeSettings, tmp_path: Path, away_from_home: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    info = DATASETS["fashion-mnist"]
    info = replace(info, files=tuple(replace(f, url=f"http://127.0.0.1:{port}/{f.name}") for f in info.files))
    settings = make_settings(tmp_path / "class")
    start = time.perf_counter()
    with pytest.raises(DatasetUnavailable) as caught:
        load_info(info, settings)
    assert time.perf_counter() - start < 60
    problem, remedy = caught.value.sentences()
    assert problem == (
        "Fashion-MNIST is not on this computer and could not be downloaded. "
        f"Looked in {tmp_path / 'class'}, {away_from_home / 'datasets'}, {settings.home / 'datasets'}; "
        f"tried http://127.0.0.1:{port}/train-images-idx3-ubyte.gz: "
        "could not connect to the server (NewConnectionError)."
    )
    assert caught.value.offer == "mnist-5k"
    assert "Choose “mnist-5k”, which works offline" in remedy
    for file in info.files:
        assert file.url in remedy
        assert str(tmp_path / "class" / "fashion-mnist" / file.name) in remedy
