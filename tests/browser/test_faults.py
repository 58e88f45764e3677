"""Faults, real ones: the server killed, the engine killed, a folder that cannot be written, a full disk.

What readers see must say what is the matter and what to do, and what was reported must still be there afterwards.
"""

from __future__ import annotations

import contextlib
import re
import resource
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect

from cnnlab.runs.store import RunStore
from tests.browser.conftest import Visit
from tests.browser.lab_page import TRAIN_MS
from tests.browser.server import END_SECONDS, AppServer, running
from tests.waiting import wait_until

EPOCHS = 40
"""Of a run that is disturbed in its first ones: what disturbs it may be late."""
LONG = 1000
"""Epochs: more than is waited for."""


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """A server for these tests alone: what befalls it would befall all readers."""
    folder = tmp_path_factory.mktemp("faults")
    with running(folder / "home", folder) as server:
        yield server


def test_killed_server_loses_nothing_and_the_run_is_resumed(own_server: AppServer, visit: Visit) -> None:
    page = visit(own_server, "train")
    run = page.start(EPOCHS)
    page.see_points(run, more_than=2)
    shown = page.traces(run)[1].points
    before = page.plots(run).first.evaluate("node => Array.from(node.data[1].y)")
    own_server.kill()

    own_server.start()
    again = visit(own_server, f"train?run={run}")
    again.expect_state("interrupted")
    again.see_points(run, more_than=shown - 1)
    assert again.plots(run).first.evaluate("node => Array.from(node.data[1].y)")[:shown] == before[:shown]
    kept = again.traces(run)[1].points
    again.settle()
    again.key("resume").get_by_role("button", name="Resume").click()
    again.see_points(run, more_than=kept)
    again.expect_state("finished")
    again.expect_points(run, EPOCHS)

    assert again.run == run
    assert again.plots(run).first.evaluate("node => Array.from(node.data[1].x)") == list(range(1, EPOCHS + 1))
    assert again.plots(run).first.evaluate("node => Array.from(node.data[1].y)")[:shown] == before[:shown]


def test_killed_engine_comes_back(own_server: AppServer, visit: Visit) -> None:
    page = visit(own_server, "train")
    run = page.start_and_see(LONG)
    family = own_server.descendants()
    engine = own_server.engine()
    engine.kill()
    page.expect_state("interrupted")
    expect(page.key("resume").get_by_role("button")).to_be_visible()
    assert page.traces(run)[1].points > 0

    second = page.start(5)
    page.expect_state("finished")
    page.expect_points(second, 5)
    _, left = psutil.wait_procs([process for process in family if process.pid != engine.pid], END_SECONDS)
    assert not left, "workers of the killed engine are still there"


def test_folder_that_cannot_be_written_is_named(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a regular file where a folder should be")
    home = tmp_path / "file" / "lab"
    with running(home, tmp_path / "server") as server:
        page = visit(server)
        for path in ("", "train"):
            page.open(path)
            alert = page.main.get_by_role("alert")
            expect(alert).to_contain_text(f"The Lab's folder {home} cannot be used")
            expect(alert).to_contain_text("set CNNLAB_HOME to a writable folder")
            expect(page.page.get_by_role("navigation").get_by_role("link", name="Train")).to_be_visible()


def test_full_disk_is_said_and_the_lab_works_again_when_there_is_room(own_server: AppServer, visit: Visit) -> None:
    server = own_server
    page = visit(server, "train")
    run = page.start_and_see(LONG)
    with _full_disk(server):
        # Whether the event or the checkpoint meets the full disk first: the page that is open says so by itself.
        alert = page.main.get_by_role("alert")
        expect(alert.first).to_be_visible(timeout=TRAIN_MS)
        expect(alert.first).to_contain_text(re.compile("disk|space|written", re.IGNORECASE))
        expect(alert.first).to_contain_text(str(server.home))
        reported = page.traces(run)[1].points
        page.page.reload()
        expect(alert.first).to_contain_text(re.compile("disk|space|written", re.IGNORECASE))
        # Start has an answer of its own, above the run's: a click that came through only later would begin a run.
        expect(alert).to_have_count(1)
        page.settle()
        page.key("start").get_by_role("button").click()
        expect(alert).to_have_count(2)
        for place in (0, 1):
            expect(alert.nth(place)).to_contain_text(str(server.home))

    fresh = visit(server, f"train?run={run}")
    with contextlib.closing(RunStore(server.home)) as store:
        # If a checkpoint met the full disk, the run has failed; if only reports did, it goes on.
        wait_until(lambda: not store.get(run).active or store.get(run).epochs_done > reported, TRAIN_MS / 1000)
        if store.get(run).active:
            fresh.stop()
        expect(fresh.badge).to_have_text(re.compile("failed|interrupted|stopped"))
    fresh.see_points(run, more_than=reported - 1)
    second = fresh.start(2)
    fresh.expect_state("finished")
    fresh.expect_points(second, 2)


@contextlib.contextmanager
def _full_disk(server: AppServer) -> Iterator[None]:
    """No file that the server or its workers write can grow."""
    _limit_files(server, 0)
    try:
        yield
    finally:
        _limit_files(server, resource.RLIM_INFINITY)


def _limit_files(server: AppServer, size: int) -> None:
    for process in (psutil.Process(server.pid), *server.descendants()):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    wait_until(lambda: psutil.Process(server.pid).rlimit(psutil.RLIMIT_FSIZE)[0] == size)
