"""A real Chromium that records when the live charts are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import launch

CHARTS = 2
"""Charts drawn per live update: loss and accuracy."""

_RECORD = """
(() => {
  const drawings = (window.cnnlabDrawings = []);
  const recording = (plotly) => {
    const react = (node, traces, ...rest) => {
      const drawn = plotly.react(node, traces, ...rest);
      const epochs = traces.find((trace) => trace.name === "training");
      if (epochs) {
        const points = epochs.x?.length ?? 0;
        // Plotly has finished, and the browser is about to paint.
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
"""Runs before the page's own scripts and wraps Plotly, which the chart component loads later."""


class Drawing(NamedTuple):
    """One drawing of a chart: its time (seconds since 1970) and the number of epochs in its "training" line."""

    at: float
    epochs: int


@contextmanager
def chromium() -> Iterator[Browser]:
    """Provide a headless browser, preferably the system's own."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        try:
            yield browser
        finally:
            browser.close()


def new_page(browser: Browser) -> Page:
    """Open a page in a new profile with an empty cache that records drawings."""
    page = browser.new_context(locale="en-US", viewport={"width": 1366, "height": 900}).new_page()
    page.add_init_script(_RECORD)
    return page


def drawings(page: Page, after: int = 0) -> list[Drawing]:
    """Return the drawings of loss and accuracy since the page was loaded, starting with index `after`."""
    recorded = page.evaluate("after => (window.cnnlabDrawings ?? []).slice(after)", after)
    return [Drawing(at / 1000, epochs) for at, epochs in recorded]


def updates(page: Page) -> float:
    """Return the number of live updates that the page has shown."""
    count: int = page.evaluate("(window.cnnlabDrawings ?? []).length")
    return count / CHARTS
