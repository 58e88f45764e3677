"""A real Chromium, and what is asked of it: every drawing of the live charts, with its moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import launch

CHARTS = 2
"""Loss and accuracy: one live update draws both."""

_RECORD = """
(() => {
  const drawings = (window.cnnlabDrawings = []);
  const recording = (plotly) => {
    const react = (node, traces, ...rest) => {
      const drawn = plotly.react(node, traces, ...rest);
      const epochs = traces.find((trace) => trace.name === "training");
      if (epochs) {
        const points = epochs.x?.length ?? 0;
        // On the screen: Plotly is done, and the browser is about to paint.
        Promise.resolve(drawn).then(() => requestAnimationFrame(() => drawings.push([Date.now(), points])));
      }
      return drawn;
    };
    return Object.create(plotly, { react: { value: react } });
  };
  let recorded;
  Object.defineProperty(window, "Plotly", {
    configurable: true,
    get: () => recorded,
    set: (plotly) => { recorded = recording(plotly); },
  });
})();
"""
"""Runs before the page's own scripts: stands between the charts' component and Plotly, which it loads later."""


class Drawing(NamedTuple):
    """One chart was drawn: when (seconds since 1970), and how many epochs its line named "training" had."""

    at: float
    epochs: int


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser, the system's own where there is one."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        try:
            yield browser
        finally:
            browser.close()


def new_page(browser: Browser) -> Page:
    """A page in a profile of its own, nothing cached, that records drawings."""
    page = browser.new_context(locale="en-US", viewport={"width": 1366, "height": 900}).new_page()
    page.add_init_script(_RECORD)
    return page


def drawings(page: Page, after: int = 0) -> list[Drawing]:
    """The drawings of loss and accuracy since the page was loaded, from number `after` on."""
    recorded = page.evaluate("after => (window.cnnlabDrawings ?? []).slice(after)", after)
    return [Drawing(at / 1000, epochs) for at, epochs in recorded]


def updates(page: Page) -> float:
    """How many live updates the page has shown."""
    count: int = page.evaluate("(window.cnnlabDrawings ?? []).length")
    return count / CHARTS
