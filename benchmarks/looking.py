"""Response times of the pages that show the inside of networks: an image, a step back in time, a stroke.

Each measurement has its own server, on which nothing else runs. The page itself measures the time: from the key press
or the lifted pen to the animation frame in which the chart has changed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from playwright.sync_api import Page, expect

from benchmarks.pages import FIRST, count_of, curve, draw_while_training, figures, page_of, train, train_address
from benchmarks.report import Figure
from benchmarks.stage import PATIENCE, Stage

NUMBERS, STEPS, STROKES = 15, 20, 40
STROKES_PER_DRAWING = 4

_WATCH = """
([css, what, event]) => {
  const shown = () => {
    const node = [...document.querySelectorAll(css)].at(-1);
    return node?._fullLayout ? JSON.stringify(new Function("node", `return ${what}`)(node)) : undefined;
  };
  const before = shown();
  window.cnnlabChange = new Promise((resolve, reject) => {
    let begun;
    addEventListener(event, () => { begun ??= performance.now(); }, true);
    const look = () => {
      const now = begun === undefined ? before : shown();
      if (now !== undefined && now !== before) resolve(performance.now() - begun);
      else if (performance.now() - (begun ?? Infinity) > 30_000) reject(new Error(`${css} does not change`));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}
"""
"""Measures from an event until `what` changes in a chart, the last one under its key, which may not exist before."""

_WATCH_WORDS = """
() => {
  const outOfDate = () => document.querySelector(".cnnlab-live[data-stale]") !== null;
  window.cnnlabChange = new Promise((resolve, reject) => {
    addEventListener("pointerup", () => {
      const begun = performance.now();
      // The pen dims the words; the server's answer brightens them.
      let seen = false;
      const look = () => {
        if (seen && !outOfDate()) resolve(performance.now() - begun);
        else if (performance.now() - begun > 30_000) reject(new Error("the server does not answer"));
        else requestAnimationFrame(look);
        seen ||= outOfDate();
      };
      look();
    }, { capture: true, once: true });
  });
}
"""
"""Measures from lifting the pen until the server has answered to the stroke."""


def feature_maps(stage: Stage) -> Iterator[Figure]:
    """Measure from a new image number to the last layer of `full`; the page draws its charts in order."""
    with page_of(stage, train_address("full", 1)) as page:
        train(page)
        page.get_by_role("link", name="Feature maps", exact=True).first.click()
        page.locator(".st-key-maps-charts summary").click()
        _drawn(page, "maps-all")
        field = page.get_by_role("spinbutton", name="Image index", exact=True)
        waits = []
        for number in range(10, 10 + count_of(stage, NUMBERS)):
            _watch(page, "maps-all", "node.data[0].y", "keydown")
            field.fill(str(number))
            field.press("Enter")
            waits.append(_waited(stage, page))
    yield from figures("feature_maps", waits[FIRST:], 700)


def time_machine(stage: Stage) -> Iterator[Figure]:
    """Measure from an arrow key on the slider of the Learned tab to the kernels of the adjacent snapshot."""
    with page_of(stage, train_address("full", 1)) as page:
        train(page)
        page.get_by_role("link", name="Filters", exact=True).first.click()
        page.get_by_role("tab", name="Learned", exact=True).click()
        _drawn(page, "learned-montage")
        slider = page.get_by_role("slider", name="Snapshot")
        moments = int(slider.get_attribute("max") or 0)
        waits = []
        for step in range(count_of(stage, STEPS)):
            _watch(page, "learned-montage", "node.data.at(-1).hovertext", "keydown")
            slider.press("ArrowRight" if step // moments % 2 else "ArrowLeft")
            waits.append(_waited(stage, page))
    yield from figures("time_machine", waits[FIRST:], 400)


def draw_answer(stage: Stage) -> Iterator[Figure]:
    """Measure from lifting the pen to the server's answer in words: on an idle server, and while a run trains."""
    with page_of(stage, "draw") as page:
        yield from figures("draw_answer", _strokes(stage, page), 350, 500)
    with draw_while_training(stage) as page:
        yield from figures("draw_answer_training", _strokes(stage, page), 350, 500)


def _go(page: Page, name: str, chart: str) -> None:
    """Go to another page and wait for a chart there."""
    page.get_by_role("link", name=name, exact=True).first.click()
    _drawn(page, chart)


def _drawn(page: Page, chart: str) -> None:
    page.locator(f".st-key-{chart} .main-svg").last.wait_for(timeout=PATIENCE)
    Stage.wait_until_idle(page)


def _watch(page: Page, chart: str, what: str, event: str) -> None:
    """Make the page time the next change of a chart."""
    page.evaluate(_WATCH, [f".st-key-{chart} .js-plotly-plot", what, event])


def _waited(stage: Stage, page: Page) -> float:
    """Wait for that change and return its milliseconds."""
    waited: float = page.evaluate("window.cnnlabChange")
    stage.wait_until_idle(page)
    return waited


def _strokes(stage: Stage, page: Page) -> list[float]:
    """Draw curves, a few per drawing, and time the server's answer to each."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.wait_for(timeout=PATIENCE)
    clear = page.locator(".st-key-draw-clear").get_by_role("button")
    random, waits = np.random.default_rng(0), []
    for stroke in range(count_of(stage, STROKES)):
        if stroke and stroke % STROKES_PER_DRAWING == 0:
            clear.click()
            expect(page.locator(".st-key-draw-said").get_by_role("heading")).to_have_count(0)
            stage.wait_until_idle(page)
        page.evaluate(_WATCH_WORDS)
        box = canvas.bounding_box()
        assert box
        points = curve(random) + np.array([box["x"], box["y"]])
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(x, y)
        page.mouse.up()
        waits.append(_waited(stage, page))
    return waits[FIRST:]
