"""What happens to a run when a process dies: the training worker, the engine, the server; and on a foreign cluster."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cnnlab.errors import TrainingError
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Conv2D, Dense, GlobalAveragePooling2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.settings import Settings
from cnnlab.training.events import Finished, Started
from cnnlab.training.spec import TrainingSpec
from tests.engine import remote
from tests.engine.conftest import LAST, epochs, holders, in_workers, until_epoch
from tests.waiting import ended, wait_until

ROOT = Path(__file__).parents[2]


def started(lab: Lab, run: str) -> list[int]:
    return [event.resumed_epoch for _, event in lab.runs.events(run) if isinstance(event, Started)]


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def assert_whole(lab: Lab, run: str) -> None:
    """The run has finished, and every epoch was reported exactly once."""
    assert ended(lab, run).state == "finished"
    assert epochs(lab, run) == list(range(1, LAST + 1))
    assert [event.reason for _, event in lab.runs.events(run) if isinstance(event, Finished)] == ["done"]


def test_a_killed_worker_comes_back_and_the_run_goes_on(lab: Lab, tiny: NetworkSpec, slow: TrainingSpec) -> None:
    run = lab.runs.start(tiny, slow)
    until_epoch(lab, run, 2)
    os.kill(in_workers(lab, "train", remote.pid), signal.SIGKILL)
    assert_whole(lab, run)
    assert len(started(lab, run)) == 2 and started(lab, run)[1] >= 2


def test_a_worker_that_dies_again_and_again_comes_back(lab: Lab) -> None:
    began = time.monotonic()
    # By itself Dask's cluster gives up a worker that is not there 15 s after it died.
    while time.monotonic() < began + 20:
        (dead,) = wait_until(lambda: holders(lab, "train"))
        os.kill(in_workers(lab, "train", remote.pid), signal.SIGKILL)
        # The next one has another address; it may already be there.
        wait_until(lambda dead=dead: dead not in holders(lab, "train"))  # type: ignore[misc]
    assert in_workers(lab, "train", remote.pid)


def test_a_killed_engine_comes_back_and_the_run_can_be_resumed(lab: Lab, tiny: NetworkSpec, slow: TrainingSpec) -> None:
    run, waiting = lab.runs.start(tiny, slow), lab.runs.start(tiny, slow.replace(epochs=1))
    until_epoch(lab, run, 1)
    assert lab.engine._connection is not None and lab.engine._connection.process is not None
    engine = psutil.Process(lab.engine._connection.process.pid)
    workers = engine.children(recursive=True)
    assert len(workers) >= 2
    engine.kill()
    assert ended(lab, run).state == "interrupted"
    wait_until(lambda: not any(map(is_alive, workers)))
    # The other run had only been waiting: it goes on by itself when the engine is back.
    assert ended(lab, waiting).state == "finished"
    assert lab.engine.state == "ready"
    lab.runs.resume(run)
    assert_whole(lab, run)


def serve(home: Path, scheduler: str, count: int) -> tuple[subprocess.Popen[str], str]:
    """A server process that trains a run, and the run's id."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.server", str(home), scheduler, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


@pytest.mark.engine
def test_a_killed_server_leaves_nothing_behind_and_loses_no_epoch(tmp_path: Path) -> None:
    server, run = serve(tmp_path, "", LAST)
    reading = Lab(Settings(home=tmp_path), start_engine=False)
    assert reading.runs.get(run).active  # another Lab does not touch the runs of one that lives
    until_epoch(reading, run, 2)
    processes = psutil.Process(server.pid).children(recursive=True)
    assert len(processes) >= 3  # the engine and its two workers
    server.kill()
    server.wait()
    wait_until(lambda: not any(map(is_alive, processes)))
    reading.close()

    after = Lab(Settings(home=tmp_path))
    assert after.runs.get(run).state == "interrupted"
    after.runs.resume(run)
    assert_whole(after, run)
    after.close()


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a Dask scheduler started by hand, as a teacher would; its workers come later."""
    place = tmp_path / "scheduler.json"
    command = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    process = subprocess.Popen(
        [sys.executable, *command, "--scheduler-file", str(place)], stderr=subprocess.DEVNULL, cwd=ROOT
    )
    wait_until(lambda: place.exists() and place.read_text())
    yield json.loads(place.read_text())["address"]
    process.terminate()
    process.wait(timeout=120)


@pytest.fixture
def start_worker(scheduler: str) -> Iterator[object]:
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        command = ["-m", "distributed.cli.dask_worker", scheduler, "--host", "127.0.0.1", "--no-dashboard"]
        options = ["--no-nanny", "--nthreads", "1", "--resources", "train=1", "--preload", "cnnlab.engine.worker.setup"]
        processes.append(subprocess.Popen([sys.executable, *command, *options], stderr=subprocess.DEVNULL, cwd=ROOT))

    yield start
    for process in processes:
        process.terminate()
        process.wait(timeout=120)


@pytest.mark.engine
def test_a_cluster_of_ones_own(
    tmp_path: Path, scheduler: str, start_worker: object, tiny: NetworkSpec, quick: TrainingSpec
) -> None:
    lab = Lab(Settings(home=tmp_path / "home", scheduler=scheduler))
    wait_until(lambda: lab.engine.state == "ready")
    run = lab.runs.start(tiny, quick)
    assert lab.runs.get(run).state == "queued"  # no worker yet
    assert callable(start_worker)
    start_worker()
    assert ended(lab, run).state == "finished"
    assert epochs(lab, run) == [1, 2]

    server, orphan = serve(tmp_path / "home", scheduler, 1000)
    wait_until(lambda: in_workers(lab, "train", remote.training_runs) == [orphan])
    server.kill()
    server.wait()
    wait_until(lambda: in_workers(lab, "train", remote.training_runs) == [])
    lab.close()


@pytest.mark.engine
def test_no_scheduler_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnlab.engine.connection.CONNECT_SECONDS", 1)
    loops = _event_loops()
    for address in ("tcp://127.0.0.1:9", "tls://127.0.0.1:9", "nonsense://127.0.0.1:9"):
        lab = Lab(Settings(home=tmp_path, scheduler=address))
        wait_until(lambda lab=lab: lab.engine.state == "down")  # type: ignore[misc]
        assert str(lab.engine.problem).startswith(f"No Dask scheduler responds at {address} (")
        lab.close()
    # A client that could not connect is gone. Freed later, it could stop the next one from starting.
    assert _event_loops() == loops


def _event_loops() -> int:
    """How many threads serve a connection to a cluster."""
    return sum(thread.name == "IO loop" for thread in threading.enumerate())


def test_ten_runs_leave_no_worker_larger(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    sizes = []
    for _ in range(10):
        assert ended(lab, lab.runs.start(tiny, quick)).state == "finished"
        sizes.append(in_workers(lab, "train", remote.memory))
    assert max(sizes[2:]) <= 1.1 * sizes[1]


def test_what_does_not_fit_into_memory_is_refused_before_it_starts(lab: Lab) -> None:
    wide = Conv2D(filters=2048, padding="same", activation="relu")
    network = NetworkSpec(
        input_shape=(28, 28, 1), layers=(wide, GlobalAveragePooling2D(), Dense(units=10, activation="softmax"))
    )
    before = len(lab.runs.all())
    with pytest.raises(TrainingError, match=r"needs about .* GB of memory"):
        lab.runs.start(network, TrainingSpec(dataset="mnist-5k", batch_size=10_000))
    assert len(lab.runs.all()) == before


def test_a_run_that_dies_for_memory_says_so(lab: Lab, tiny: NetworkSpec, slow: TrainingSpec) -> None:
    run = lab.runs.start(tiny, slow.replace(epochs=1000))
    until_epoch(lab, run, 1)
    # What the system does where memory runs out: it kills the process, and the one that comes after it too.
    os.kill(in_workers(lab, "train", remote.pid), signal.SIGKILL)
    wait_until(lambda: len(started(lab, run)) == 2)
    os.kill(in_workers(lab, "train", remote.pid), signal.SIGKILL)
    done = ended(lab, run)
    assert done.state == "failed" and done.error is not None and "memory" in str(done.error)
    # The pages go on: so does the next run.
    assert ended(lab, lab.runs.start(tiny, slow.replace(epochs=1))).state == "finished"
