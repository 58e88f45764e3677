"""Runs in a browser: found again, trained on, forked, compared, deleted and brought back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, expect

from cnnlab.export import share_code
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.annotations import Annotations
from cnnlab.runs.store import RunStore
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from tests.browser.conftest import Profiles, Visit
from tests.browser.lab_page import BEGIN_MS, TRAIN_MS, LabPage
from tests.browser.server import AppServer
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
def kept(profiles: Profiles, lab_server: AppServer) -> Iterator[Kept]:
    page = LabPage(profiles.page(), lab_server).open(f"train?n={share_code.encode(TINY, QUICK)}")
    run, store = page.start(), RunStore(lab_server.home)
    wait_until(lambda: store.get(run).state == "finished", BEGIN_MS / 1000)
    page.page.close()
    Annotations(store).rename(run, "<b>first</b> 실행")
    yield Kept(lab_server, store, run)
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
    page.settle()
    page.key(key).get_by_role("button").first.click()
    page.settle()


def points(page: LabPage, place: int = 0) -> dict[str, list[float]]:
    """The epochs of every line of a chart, by its name."""
    node = page.page.locator("[class*=st-key-runs-curves] .js-plotly-plot").nth(place)
    found: list[tuple[str, list[float]]] = node.evaluate(
        "node => (node.data ?? []).map(line => [line.name, [...(line.x ?? [])]])"
    )
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
    page.page.wait_for_url(f"**runs={run}*")

    press(page, f"describe-{run}")
    page.page.get_by_role("textbox", name="Name", exact=True).fill("parent")
    page.page.get_by_role("textbox", name="Note", exact=True).fill("two filters")
    tags, chosen = page.key(f"tags-{run}").get_by_role("combobox"), page.key(f"tags-{run}").get_by_text("homework")

    def tagged() -> bool:
        # While the popover opens it can take the focus away; a person types the tag again then.
        tags.fill("homework")
        tags.press("Enter")
        return page.appears(chosen)

    wait_until(tagged)
    page.settle()
    page.key(f"save-{run}").get_by_role("button").click()
    expect(heading(page)).to_have_text("parent")
    expect(page.main.get_by_text("two filters", exact=True).first).to_be_visible()
    found = store.get(run)
    assert (found.name, found.note, found.tags) == ("parent", "two filters", ("homework",))
    page.page.keyboard.press("Escape")

    # More epochs of the same run; the curves go on by themselves.
    press(page, f"continue-{run}")
    page.number("Additional epochs", 2)
    page.key(f"go-on-{run}").get_by_role("button").click()
    wait_until(lambda: store.get(run).state == "finished" and store.get(run).epochs_done == before + 2, BEGIN_MS / 1000)
    wait_until(lambda: points(page).get("training") == list(range(1, before + 3)))
    expect(page.badge.first).to_have_text("finished", timeout=TRAIN_MS)


def test_fork_and_compare(kept: Kept, visit: Visit) -> None:
    run, store, parent = kept.run, kept.store, kept.store.get(kept.run)
    page = visit(kept.server, f"runs?runs={run}")
    press(page, f"fork-{run}")
    page.number("Epochs", 1)
    page.number("Learning rate", 0.01)
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
    wait_until(lambda: points(page).get("child: validation") == [last, last + 1])
    assert points(page)[f"{escape(parent.name)}: validation"] == list(range(1, last + 1))
    rate = page.main.get_by_role("row").filter(has_text="Learning rate")
    expect(rate).to_have_text(re.compile(r"Learning rate\s*0\.001\s*0\.01"))
    expect(page.page.get_by_role("figure", name="Best validation accuracy against Parameters")).to_be_visible()

    # The link shows the same to somebody else; what is not there is said.
    page.settle()
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
    page.settle()
    page.key(f"undelete-{run}").get_by_role("button").click()
    expect(page.main.get_by_text("Deleted: ")).to_have_count(0)
    assert [one.id for one in kept.store.runs()] == before
