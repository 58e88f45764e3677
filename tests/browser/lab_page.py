"""LabPage: one reader's browser tab, with the few things that tests do on every page of the Lab."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from cnnlab.runs.record import State
from cnnlab.ui.live import STATES
from tests.browser.server import AppServer
from tests.catalogue import catalogue

BEGIN_MS = 180_000
"""From Start to the first point: the workers of a cold server take most of it."""
TRAIN_MS = 120_000
"""A short run, from its first point to its end."""

_PLOT = ".st-key-curves-{run} .js-plotly-plot"


class Trace(NamedTuple):
    """One line of a chart as the browser has it."""

    name: str
    points: int
    visible: Any


class LabPage:
    """A tab of its own; `page` is Playwright's."""

    def __init__(self, page: Page, server: AppServer) -> None:
        self.page = page
        self.server = server

    def open(self, path: str) -> LabPage:
        """Go to a page of the Lab by its address and wait until it has its title."""
        self.page.goto(f"{self.server.url}/{path.lstrip('/')}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
        return self

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def badge(self) -> Locator:
        """The word for the state of the run that is followed."""
        return self.page.locator(".stMarkdownBadge")

    @property
    def run(self) -> str:
        """The run in the link."""
        return parse_qs(urlsplit(self.page.url).query).get("run", [""])[0]

    def key(self, key: str) -> Locator:
        """The widget with this key."""
        return self.page.locator(f".st-key-{key}")

    def settle(self) -> None:
        """Wait until the server has nothing more to say to this page."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()

    def appears(self, thing: Locator) -> bool:
        """Whether something comes into sight within two seconds."""
        try:
            expect(thing).to_be_visible(timeout=2000)
        except AssertionError:
            return False
        return True

    def number(self, name: str, value: float) -> None:
        """Type a number into a field."""
        field = self.page.get_by_role("spinbutton", name=name, exact=True)
        field.fill(str(value))
        field.press("Enter")
        self.settle()

    def choose(self, name: str, option: str | re.Pattern[str]) -> None:
        """Pick from a selection."""
        self.page.get_by_role("combobox", name=name, exact=True).click()
        self.page.get_by_role("option", name=option).first.click()
        self.settle()

    def choose_anew(self, name: str, option: str) -> None:
        """Pick another network or another dataset, and wait for the fields that begin anew with it."""
        before = self.page.locator("[class*='st-key-dataset-']").evaluate(
            "node => [...node.classList].find(name => name.startsWith('st-key-'))"
        )
        self.choose(name, option)
        # What is no longer there stays on the page, marked as stale, until the new fields are all drawn.
        self.page.wait_for_function(
            """before => {
              const fields = [...document.querySelectorAll("[class*='st-key-dataset-']")];
              return fields.length === 1 && !fields[0].classList.contains(before);
            }""",
            arg=before,
        )

    def start(self, epochs: int | None = None) -> str:
        """Press Start, wait until the link names the new run, and return its id."""
        if epochs:
            self.number("epochs", epochs)
        before = self.run
        self.key("start").get_by_role("button").click()
        self.page.wait_for_url(lambda url: "run=" in url and (not before or f"run={before}" not in url), timeout=15_000)
        return self.run

    def start_and_see(self, epochs: int) -> str:
        """Start a run and wait until its curves have an epoch's points."""
        run = self.start(epochs)
        self.see_points(run)
        return run

    def see_points(self, run: str, more_than: int = 0) -> None:
        """Wait until the training line has more than so many epochs."""
        self.page.wait_for_function(
            "([plot, count]) => (document.querySelector(plot)?.data?.[1]?.x?.length ?? 0) > count",
            arg=[_PLOT.format(run=run), more_than],
            timeout=BEGIN_MS,
        )

    def plots(self, run: str) -> Locator:
        """The two charts of a run: loss, accuracy."""
        return self.page.locator(_PLOT.format(run=run))

    def traces(self, run: str, plot: int = 0) -> list[Trace]:
        """The lines of one of the two charts."""
        found: Sequence[list[Any]] = (
            self.plots(run)
            .nth(plot)
            .evaluate("node => node._fullData.map(trace => [trace.name, trace.x?.length ?? 0, trace.visible])")
        )
        return [Trace(*trace) for trace in found]

    def expect_state(self, state: State, timeout: int = TRAIN_MS, language: str = "en") -> None:
        """Wait until the badge has the word for `state`."""
        expect(self.badge).to_have_text(word(state, language), timeout=timeout)

    def stop(self) -> None:
        self.key("stop").get_by_role("button").click()


def word(state: State, language: str = "en") -> str:
    """What the badge says for a state."""
    text = STATES[state][0]
    return text if language == "en" else catalogue(language)[text]
