"""Steering a run in a browser: pause, steps, another learning rate in the chart, the queue, reload while paused."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from cnnlab.runs.store import RunStore
from cnnlab.training.events import Paused
from tests.browser.conftest import Visit
from tests.browser.lab_page import TRAIN_MS, LabPage
from tests.browser.server import AppServer
from tests.waiting import wait_until

LONG = 1000
"""Epochs: more than this test waits for."""
STEPS = 40
"""Batches of an epoch."""


def press(page: LabPage, key: str) -> None:
    page.settle()
    page.key(key).get_by_role("button").click()


def see_pause(page: LabPage, run: str, after: float = 0.0) -> float:
    """Wait until the chart shows where the run has paused, and return after how many epochs that is.

    Args:
        after: epochs of the pause before.
    """

    def paused() -> float | None:
        events = [event for _, event in store.events(run)]
        pauses = [event.epoch - 1 + event.step / STEPS for event in events if isinstance(event, Paused)]
        return pauses[-1] if pauses and pauses[-1] > after else None

    store = RunStore(page.server.home)
    at = wait_until(paused)
    store.close()
    assert at
    page.page.wait_for_function(
        "([plot, at]) => Math.abs(document.querySelector(plot).data[0].x.at(-1) - at) < 1e-3",
        arg=[f".st-key-curves-{run} .js-plotly-plot", at], timeout=TRAIN_MS,
    )  # fmt: skip
    return at


def test_pause_step_another_rate_reload_and_queue(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    run = page.start_and_see(LONG)
    press(page, "pause")
    expect(page.badge).to_have_text("paused", timeout=TRAIN_MS)
    before = see_pause(page, run)
    press(page, "step-batch")
    assert see_pause(page, run, before) - before == pytest.approx(1 / STEPS)
    expect(page.badge).to_have_text("paused")

    # A reload brings back the run as it waits.
    page.page.reload()
    expect(page.badge).to_have_text("paused", timeout=TRAIN_MS)
    page.see_points(run)
    epochs = page.traces(run)[1].points
    page.key(f"steer-{run}").get_by_role("button").click()
    field = page.page.get_by_role("spinbutton", name="Learning rate (from the next batch)")
    field.fill("0.0002")
    page.page.get_by_role("button", name="Apply").click()
    page.page.wait_for_function(
        "plot => document.querySelector(plot)?.layout?.annotations?.[0]?.text === 'learning rate 0.0002'",
        arg=f".st-key-curves-{run} .js-plotly-plot", timeout=TRAIN_MS,
    )  # fmt: skip
    press(page, "step-epoch")
    page.see_points(run, more_than=epochs)
    expect(page.badge).to_have_text("paused", timeout=TRAIN_MS)

    # Another run of this reader has to wait; the queue is seen, and left.
    page.start(2)
    expect(page.badge).to_have_text("queued", timeout=TRAIN_MS)
    page.main.get_by_text("Runs in the queue: 1").click()
    page.main.get_by_role("button", name="Remove from queue").click()
    expect(page.badge).to_have_text("stopped", timeout=TRAIN_MS)
    expect(page.main.get_by_text("Runs in the queue: 1")).to_have_count(0)

    page.open(f"train?run={run}")
    press(page, "go-on")
    expect(page.badge).to_have_text("running", timeout=TRAIN_MS)
    page.key(f"steer-{run}").get_by_role("button").click()
    page.page.get_by_role("button", name="Stop after this epoch").click()
    page.expect_state("stopped")
