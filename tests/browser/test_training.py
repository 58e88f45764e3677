"""Training, watched in a browser: live points, charts that stay, reload, second tab, Stop, comparison."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from cnnlab.runs.store import RunStore
from tests.browser.conftest import Profiles, Visit
from tests.browser.lab_page import BEGIN_MS, LabPage, word
from tests.browser.server import AppServer

LONG = 1000
"""Epochs: more than any test here waits for."""


class Live(NamedTuple):
    page: LabPage
    run: str


@pytest.fixture(scope="class")
def long_run(profiles: Profiles, lab_server: AppServer) -> Iterator[str]:
    """A run that is training while the tests of a class look at it."""
    page = LabPage(profiles.page(), lab_server).open("train")
    yield page.start(LONG)
    page.stop()
    page.expect_state("stopped")
    page.page.close()


@pytest.fixture
def live(lab_server: AppServer, visit: Visit, long_run: str) -> Live:
    """A page that follows a run that is training."""
    page = visit(lab_server, f"train?run={long_run}")
    page.see_points(long_run)
    return Live(page, long_run)


def test_first_network_trains_live_from_the_home_page(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server)
    page.settle()
    page.page.get_by_role("button", name="Train a first network now").click()
    page.page.wait_for_url("**/train?run=*")
    run = page.run
    expect(page.main.get_by_role("heading", name="conv-8")).to_be_visible()
    expect(page.main.get_by_text("MNIST, 5,000 digits · Adam")).to_be_visible()
    # Points and the word "training" in one look: the chart grows before the run has ended.
    page.page.wait_for_function(
        """([run, word]) => {
          const line = document.querySelector(`.st-key-curves-${run} .js-plotly-plot`)?.data?.[1];
          return line?.x?.length > 0 && document.querySelector(".stMarkdownBadge")?.textContent === word;
        }""",
        arg=[run, word("running")],
        timeout=BEGIN_MS,
    )
    page.expect_state("finished")
    page.expect_points(run, 20)
    assert page.run == run
    assert page.traces(run)[1][:2] == ("training", 20)
    assert page.traces(run)[2][:2] == ("validation", 20)
    expect(page.key(f"answers-{run}").get_by_role("figure").first).to_be_visible()


class TestOneLongRun:
    """Tests that only look at a run that is training share one."""

    def test_chart_is_the_same_node_after_ten_updates(self, live: Live) -> None:
        plots = live.page.plots(live.run)
        # They are drawn one after the other.
        expect(plots).to_have_count(2)
        plots.evaluate_all("nodes => nodes.forEach((node, k) => { node.markedByTest = k; })")
        _wait_for_updates(live, 10)
        assert plots.evaluate_all("nodes => nodes.map(node => node.markedByTest)") == [0, 1]

    def test_hidden_line_and_zoom_survive_updates(self, live: Live) -> None:
        loss = live.page.plots(live.run).first
        across = """(share => {
          const area = node.querySelector(".nsewdrag").getBoundingClientRect();
          return [area.x + area.width * share, area.y + area.height / 2];
        })"""
        begin, end = (live.page.spot(f"curves-{live.run}", f"{across}({share})") for share in (0.3, 0.6))
        mouse = live.page.page.mouse
        mouse.move(*begin)
        mouse.down()
        mouse.move(*end, steps=5)
        mouse.up()
        live.page.page.wait_for_function(
            "node => node._fullLayout?.xaxis.autorange === false", arg=loss.element_handle()
        )
        loss.locator(".legendtoggle").nth(2).click()
        live.page.page.wait_for_function(
            "node => node._fullData?.[2]?.visible === 'legendonly'", arg=loss.element_handle()
        )
        zoom = loss.evaluate("node => node._fullLayout.xaxis.range")
        assert zoom[0] > 0

        _wait_for_updates(live, 10)

        assert [trace.visible for trace in live.page.traces(live.run)] == [True, True, "legendonly"]
        assert loss.evaluate("node => node._fullLayout.xaxis.range") == zoom

    def test_reload_finds_the_run_again(self, live: Live) -> None:
        page = live.page
        before = page.traces(live.run)[1].points
        page.page.reload()
        page.see_points(live.run, more_than=before)
        assert page.run == live.run
        page.expect_state("running")
        page.see_points(live.run, more_than=page.traces(live.run)[1].points)


def test_two_runs_on_the_same_axes(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    page.choose_anew("Network", "mlp-relu")
    first = page.start_and_see(3)
    page.expect_state("finished")
    page.choose_anew("Network", "conv-8")
    second = page.start_and_see(2)
    page.expect_state("finished")
    assert second != first
    assert len(page.traces(second)) == 3

    page.choose("Compare with", f"mlp-relu · {word('finished')}")

    expect(page.plots(second)).to_have_count(2)
    for plot in (0, 1):
        page.page.wait_for_function(
            "node => node._fullData?.length === 6", arg=page.plots(second).nth(plot).element_handle()
        )
        names_and_points = {trace.name: trace.points for trace in page.traces(second, plot)}
        assert names_and_points["conv-8: training"] == names_and_points["conv-8: validation"] == 2
        assert names_and_points["mlp-relu: training"] == names_and_points["mlp-relu: validation"] == 3


def test_second_browser_with_the_link_sees_the_same_run_and_stops_it(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    run = page.start_and_see(LONG)
    second = visit(lab_server, f"train?run={run}")
    second.expect_state("running")
    second.see_points(run)
    second.stop()
    for one in (second, page):
        one.expect_state("stopped")
    with contextlib.closing(RunStore(lab_server.home)) as store:
        reported = store.get(run).epochs_done
    for one in (second, page):
        one.expect_points(run, reported)
    expect(page.main.get_by_text(f"{reported} / {LONG}", exact=True)).to_be_visible()
    expect(page.key("stop")).to_have_count(0)
    expect(page.key("resume").get_by_role("button")).to_be_visible()


def _wait_for_updates(live: Live, count: int) -> None:
    """Wait until the loss chart was drawn `count` more times, each time with more points."""
    loss = live.page.plots(live.run).first.element_handle()
    live.page.page.evaluate(
        """node => {
          const points = () => node.data.reduce((sum, trace) => sum + trace.x.length, 0);
          let last = points();
          node.updatesSeen = 0;
          node.on("plotly_afterplot", () => {
            if (points() > last) node.updatesSeen += 1;
            last = points();
          });
        }""",
        loss,
    )
    live.page.page.wait_for_function("([node, count]) => node.updatesSeen >= count", arg=[loss, count])
