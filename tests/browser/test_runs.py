"""Runs in a browser: found again, trained on, forked, compared, deleted and brought back; and five hundred of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, expect

from benchmarks.store import fill
from cnnlab.network import link
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.shelf import Shelf
from cnnlab.runs.store import RunStore
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from tests.browser.conftest import Serve, Visit
from tests.browser.lab_page import BEGIN_MS, TRAIN_MS, LabPage
from tests.browser.server import AppServer, running
from tests.waiting import wait_until

TINY = NetworkSpec(
    name="tiny",
    input_shape=(8, 8, 1),
    layers=(Conv2D(filters=2, activation="relu"), Flatten(), Dense(units=10, activation="softmax")),
)
QUICK = TrainingSpec(dataset="digits-8x8", train_size=300, batch_size=50, epochs=2)
ROW = 35
"""Pixels of a row of the table, and of its head."""


class Kept(NamedTuple):
    """A server, what it has kept as another process sees it, and a run of two epochs or more."""

    server: AppServer
    store: RunStore
    run: str


@pytest.fixture(scope="module")
def kept(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("runs")
    with running(folder / "home", folder) as server, browser.new_context(locale="en-US") as context:
        page = LabPage(context.new_page(), server).open(f"train?n={link.encode(TINY, QUICK)}")
        run, store = page.start(), RunStore(folder / "home")
        wait_until(lambda: store.get(run).state == "finished", BEGIN_MS / 1000)
        Shelf(store).rename(run, "<b>first</b> 실행")
        yield Kept(server, store, run)
        store.close()


def tick(page: LabPage, row: int, of: int) -> None:
    """Click the box at the left of a row, once the table has so many; 0 is the first."""
    grid = page.page.locator("[data-testid=stDataFrame] [role=grid]")
    expect(grid).to_have_attribute("aria-rowcount", str(of + 1))
    page.settle()
    table = page.page.locator("[data-testid=stDataFrame] .dvn-scroller").first
    table.click(position={"x": 15, "y": ROW * (row + 1) + ROW // 2})
    page.settle()


def press(page: LabPage, key: str) -> None:
    page.key(key).get_by_role("button").first.click()
    page.settle()


def points(page: LabPage, place: int = 0) -> dict[str, list[float]]:
    """The epochs of every line of a chart, by its name."""
    node = page.page.locator("[class*=st-key-runs-curves] .js-plotly-plot").nth(place)
    found: list[tuple[str, list[float]]] = node.evaluate("node => node.data.map(line => [line.name, [...line.x]])")
    return dict(found)


def see_lines(page: LabPage, *names: str) -> None:
    """Wait until the first chart has lines of these names, among others."""
    page.page.wait_for_function(
        """names => {
          const plots = document.querySelectorAll("[class*=st-key-runs-curves] .js-plotly-plot");
          const lines = [...(plots[0]?.data ?? [])].map(line => line.name);
          return names.every(name => lines.includes(name));
        }""",
        arg=list(names),
        timeout=TRAIN_MS,
    )


def heading(page: LabPage) -> Locator:
    return page.main.get_by_role("heading", level=3)


def test_keep_order_and_go_on(kept: Kept, visit: Visit) -> None:
    run, store, before = kept.run, kept.store, kept.store.get(kept.run).epochs_done
    page = visit(kept.server, "runs")
    tick(page, 0, len(store.runs()))
    # A stranger's name is a text.
    expect(heading(page)).to_have_text("<b>first</b> 실행")
    expect(page.badge.first).to_have_text("finished")
    assert f"runs={run}" in page.page.url

    press(page, f"describe-{run}")
    page.page.get_by_role("textbox", name="Name", exact=True).fill("parent")
    page.page.get_by_role("textbox", name="Note", exact=True).fill("two filters")
    tags = page.key(f"tags-{run}").get_by_role("combobox")
    tags.fill("homework")
    tags.press("Enter")
    page.settle()
    page.key(f"save-{run}").get_by_role("button").click()
    expect(heading(page)).to_have_text("parent")
    expect(page.main.get_by_text("two filters", exact=True).first).to_be_visible()
    found = store.get(run)
    assert (found.name, found.note, found.tags) == ("parent", "two filters", ("homework",))
    page.page.keyboard.press("Escape")

    # More epochs of the same run; the curves go on by themselves.
    press(page, f"continue-{run}")
    page.number("So many more", 2)
    page.key(f"go-on-{run}").get_by_role("button").click()
    wait_until(lambda: store.get(run).state == "finished" and store.get(run).epochs_done == before + 2, BEGIN_MS / 1000)
    wait_until(lambda: points(page).get("training") == list(range(1, before + 3)))
    expect(page.badge.first).to_have_text("finished", timeout=TRAIN_MS)


def test_fork_and_compare(kept: Kept, visit: Visit) -> None:
    run, store, parent = kept.run, kept.store, kept.store.get(kept.run)
    page = visit(kept.server, f"runs?runs={run}")
    press(page, f"fork-{run}")
    page.number("epochs", 1)
    page.number("learning_rate", 0.01)
    name = page.key(f"fork-name-{run}").get_by_role("textbox")
    name.fill("child")
    name.press("Enter")
    page.settle()
    page.key(f"start-fork-{run}").get_by_role("button").click()
    wait_until(lambda: [one.state for one in store.runs() if one.name == "child"] == ["finished"], BEGIN_MS / 1000)
    child = next(one for one in store.runs() if one.name == "child")
    last = parent.epochs_done
    assert (child.parent, child.parent_epoch) == (run, last)
    assert child.training == parent.training.replace(epochs=1, learning_rate=0.01)
    assert snapshots.moments(store.folder(child.id))[0] == Moment(0)

    # The two are compared at once, and the child's curve begins where the parent's ends.
    see_lines(page, "child: training", f"{escape(parent.name)}: training")
    lines = points(page)
    assert lines[f"{escape(parent.name)}: validation"] == list(range(1, last + 1))
    assert lines["child: validation"] == [last, last + 1]
    rate = page.main.get_by_role("row").filter(has_text="learning_rate")
    expect(rate).to_have_text(re.compile(r"learning_rate\s*0\.001\s*0\.01"))
    expect(page.page.get_by_role("figure", name="Best validation accuracy against Parameters")).to_be_visible()

    # The link shows the same to somebody else; what is not there is said.
    second = visit(kept.server, page.page.url.split("/")[-1])
    see_lines(second, "child: training")
    stranger = visit(kept.server, "runs?runs=..%2F..%2Fetc,nosuch")
    expect(stranger.main.get_by_text("There is no run with the id")).to_be_visible()


def test_delete_and_undo(kept: Kept, visit: Visit) -> None:
    run, before = kept.run, [one.id for one in kept.store.runs()]
    page = visit(kept.server, f"runs?runs={run}")
    press(page, f"delete-{run}")
    page.key(f"delete-it-{run}").get_by_role("button").click()
    expect(page.main.get_by_text("Deleted: ")).to_be_visible()
    assert [one.id for one in kept.store.runs()] == [known for known in before if known != run]
    train = visit(kept.server, f"train?run={run}")
    expect(train.main.get_by_text("was deleted.")).to_be_visible()
    page.key(f"undelete-{run}").get_by_role("button").click()
    expect(page.main.get_by_text("Deleted: ")).to_have_count(0)
    assert [one.id for one in kept.store.runs()] == before


def test_a_damaged_database_is_said_where_one_begins(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "cnnlab.sqlite3").write_bytes(b"no database" * 1000)
    page = visit(serve(home))
    damage = page.main.get_by_role("alert").filter(has_text="database was damaged")
    expect(damage).to_be_visible()
    page.go("Runs")
    expect(damage).to_be_visible()
    page.key("damage").get_by_role("button").click()
    expect(damage).to_have_count(0)
    page.page.get_by_role("link", name="Home", exact=True).first.click()
    expect(page.page.get_by_role("heading", level=1, name="CNN Lab")).to_be_visible()
    page.settle()
    expect(damage).to_have_count(0)


def test_five_hundred_runs(serve: Serve, visit: Visit, tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = RunStore(home)
    fill(store, 500, 10_000)
    ids = [run.id for run in store.runs()]
    store.close()
    page = visit(serve(home), f"runs?runs={','.join(ids[:5])}")
    see_lines(page, "run 499: training", "run 495: training")
    page.page.get_by_role("textbox", name="Search").fill("run 42")
    page.page.keyboard.press("Enter")
    # 42, 142, 242, 342, 442 and 420 to 429; the newest first.
    tick(page, 1, 15)
    expect(heading(page)).to_have_text("run 429")
    page.page.get_by_role("textbox", name="Search").fill("no run is called so")
    page.page.keyboard.press("Enter")
    expect(page.main.get_by_text("No run is like that.")).to_be_visible()
    page.page.get_by_text("Leaderboard", exact=True).click()
    page.settle()
    rows = page.main.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(21)
    page.number("Parameters at most", 1)
    expect(page.main.get_by_text("No run fits into this budget.")).to_be_visible()
