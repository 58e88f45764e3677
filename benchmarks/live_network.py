"""Response times of what the browser computes.

A movement of the pen, the first use of a run's network, a step of the time slider, a movement over a feature map; on
Filters a changed kernel and a movement of the pointer.

The page itself measures, up to the animation frame that paints what is new.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from playwright.sync_api import Page, expect

from benchmarks.pages import FIRST, count_of, draw_while_training, figures, page_of, train, train_address
from benchmarks.report import Figure
from benchmarks.stage import PATIENCE, Stage
from cnnlab.pretrain.pen_strokes import CANVAS_PX

MOVES, USES, SCRUBS, POINTS, CELLS = 200, 8, 100, 100, 100

_WATCH = """
([event, what]) => {
  const shown = new Function(`return ${what}`);
  window.cnnlabChange = new Promise((resolve, reject) => {
    let begun;
    addEventListener(event, ({ timeStamp }) => { begun ??= timeStamp; }, { capture: true, once: true });
    const before = shown();
    const since = performance.now();
    const look = () => {
      const now = begun === undefined ? before : shown();
      if (now && now !== before) resolve(performance.now() - begun);
      else if (performance.now() - since > 30_000) reject(new Error(`no change of ${what}`));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}
"""
"""Measures from an event, which the browser stamped when the input arrived, until something that is shown changes."""
_BARS = """
[...(document.querySelectorAll(".st-key-draw-live .cnnlab-bars")[{place}]?.children ?? [])]
  .map((bar) => bar.dataset.value).join(" ").trim()
"""
"""The values of the bars of a network."""
_SNAPSHOT = 'document.querySelector(".cnnlab-stage").dataset.snapshot'
"""The snapshot that the stage has painted."""
_PIXEL = 'document.querySelector(".cnnlab-stage .cnnlab-large figcaption").textContent'
"""The pixel under the pointer; its sum is painted in the same frame, but can be the same as the one before."""

_WATCH_STAGE = """
([event, what]) => {
  const found = document.querySelector(what);
  const shown = () => found instanceof HTMLCanvasElement ? found.toDataURL() : found.textContent;
  const before = shown();
  window.cnnlabChange = new Promise((resolve, reject) => {
    addEventListener(event, ({ timeStamp }) => {
      const look = () => {
        const now = performance.now();
        if (shown() !== before) resolve(now - timeStamp);
        else if (now - timeStamp > 30_000) reject(new Error(`${what} does not change`));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, { capture: true, once: true });
  });
}
"""
"""Measures from an event, which the browser stamped when the input arrived, until a canvas or a text is another one."""


def live_network(stage: Stage) -> Iterator[Figure]:
    """Measure movements of the pen on an idle server and while a run trains; of `full`, its first use and the stage."""
    with page_of(stage, "draw") as page:
        yield from figures("live_network", _moves(stage, page), 36, 60)
    with draw_while_training(stage) as page:
        yield from figures("live_network_training", _moves(stage, page), 36, 60)
    with page_of(stage, train_address("full", 1)) as page:
        train(page)
        yield from figures("live_network_first", _first_uses(stage, page), 500)
        page.get_by_role("link", name="Feature maps", exact=True).first.click()
        yield from figures("live_network_scrub", _scrubs(stage, page), 50)
        yield from figures("live_network_sum", _points(stage, page), 16)
    with page_of(stage, "filters") as page:
        page.locator(".st-key-design .filter-sum b").wait_for(timeout=PATIENCE)
        stage.wait_until_idle(page)
        yield from figures("kernel_edit", _cells(stage, page), 16, 33)
        yield from figures("kernel_pointer", _pointed(stage, page), 16)


def _bars(place: int) -> str:
    # It becomes the expression of a `return`, which must not be on a line of its own.
    return _BARS.format(place=place).strip()


def _moves(stage: Stage, page: Page) -> list[float]:
    """Draw arcs in single movements of the pen, each on an empty canvas, and time the bars after each movement."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.wait_for(timeout=PATIENCE)
    stage.wait_until_idle(page)
    random, waits = np.random.default_rng(0), []
    while len(waits) < count_of(stage, MOVES):
        box = canvas.bounding_box()
        assert box
        points = (_arc(random) + np.array([box["x"], box["y"]])).tolist()
        page.mouse.move(*points[0])
        page.mouse.down()
        # The first movement comes together with the pen's touch.
        page.mouse.move(*points[1])
        page.wait_for_timeout(100)
        for x, y in points[2:]:
            page.evaluate(_WATCH, ["pointermove", _bars(0)])
            page.mouse.move(x, y)
            waits.append(page.evaluate("window.cnnlabChange"))
        page.mouse.up()
        expect(page.locator(".st-key-draw-said").get_by_role("heading")).to_be_visible(timeout=PATIENCE)
        stage.wait_until_idle(page)
        page.locator(".st-key-draw-clear").get_by_role("button").click()
        expect(page.locator(".st-key-draw-said").get_by_role("heading")).to_have_count(0)
        stage.wait_until_idle(page)
    return waits[FIRST:]


def _arc(random: np.random.Generator) -> np.ndarray:
    """Return an arc that does not meet itself, (points, 2) in canvas pixels, so that each movement adds ink."""
    angles = random.uniform(0, 2 * np.pi) + np.linspace(0, 1.5 * np.pi, 15)
    arc: np.ndarray = CANVAS_PX / 2 + CANVAS_PX / 3 * np.column_stack([np.cos(angles), np.sin(angles)])
    return arc


def _first_uses(stage: Stage, page: Page) -> list[float]:
    """Add a snapshot of the trained run that the page has not had yet, and time its bars."""
    page.get_by_role("link", name="Draw", exact=True).first.click()
    canvas = page.locator("canvas.upper-canvas")
    canvas.wait_for(timeout=PATIENCE)
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 140, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 240)
    page.mouse.up()
    expect(page.locator(".st-key-draw-said").get_by_role("heading")).to_be_visible(timeout=PATIENCE)
    stage.wait_until_idle(page)
    waits = []
    page.locator(".st-key-draw-networks").get_by_role("button").click()
    for use in range(count_of(stage, USES)):
        field = page.get_by_role("combobox", name="Its snapshot")
        field.click()
        # The newest is the one that Draw shows already.
        page.get_by_role("option").nth(use + 1).click()
        stage.wait_until_idle(page)
        page.evaluate(_WATCH, ["pointerup", _bars(1)])
        page.get_by_role("button", name="Add network").click()
        waits.append(page.evaluate("window.cnnlabChange"))
        stage.wait_until_idle(page)
        # Make room for the next one.
        page.locator(".st-key-unask-0").get_by_role("button").click()
        stage.wait_until_idle(page)
    page.keyboard.press("Escape")
    stage.wait_until_idle(page)
    return waits


def _scrubs(stage: Stage, page: Page) -> list[float]:
    """Drag the time slider of Feature maps over all snapshots, back and forth, and time the maps of each."""
    slider = page.get_by_role("slider", name="Snapshot")
    expect(page.locator(".cnnlab-stage[data-snapshot]")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".cnnlab-controls .cnnlab-quiet")).to_have_text("", timeout=PATIENCE)
    stage.wait_until_idle(page)
    last, box, waits = int(slider.get_attribute("max") or 0), slider.bounding_box(), []
    assert box
    middle, edge = box["y"] + box["height"] / 2, 8
    page.mouse.move(box["x"] + box["width"] - edge, middle)
    page.mouse.down()
    for step in range(1, count_of(stage, SCRUBS) + 1):
        place = abs(last - step % (2 * last))
        page.evaluate(_WATCH, ["pointermove", _SNAPSHOT])
        page.mouse.move(box["x"] + edge + (box["width"] - 2 * edge) * place / last, middle)
        waits.append(page.evaluate("window.cnnlabChange"))
    page.mouse.up()
    stage.wait_until_idle(page)
    return waits[FIRST:]


def _points(stage: Stage, page: Page) -> list[float]:
    """Move over the second layer's maps and time the sum under the pointer."""
    box, waits = page.locator(".cnnlab-maps canvas").nth(2).bounding_box(), []
    assert box
    for step in range(count_of(stage, POINTS)):
        page.evaluate(_WATCH, ["pointermove", _PIXEL])
        page.mouse.move(box["x"] + 4 + step % 16, box["y"] + 6 + step // 16)
        waits.append(page.evaluate("window.cnnlabChange"))
    return waits[FIRST:]


def _cells(stage: Stage, page: Page) -> list[float]:
    """Type a digit into a cell of the kernel again and again, and time the new result of the 28×28 image."""
    cell, waits = page.get_by_role("spinbutton", name="Kernel 2, 2", exact=True), []
    for change in range(count_of(stage, CELLS)):
        cell.select_text()
        page.evaluate(_WATCH_STAGE, ["input", "canvas[aria-label^='The result']"])
        page.keyboard.press(str(2 + change % 7))
        waits.append(page.evaluate("window.cnnlabChange"))
    return waits[FIRST:]


def _pointed(stage: Stage, page: Page) -> list[float]:
    """Move the pointer from pixel to pixel of the result, and time the sum that follows it."""
    box = page.get_by_role("img", name="The result").bounding_box()
    assert box
    waits = []
    for move in range(count_of(stage, MOVES)):
        row, column = divmod(move, 24)
        page.evaluate(_WATCH_STAGE, ["pointermove", ".st-key-design .filter-sum"])
        page.mouse.move(box["x"] + box["width"] * (column + 1.5) / 26, box["y"] + box["height"] * (row + 1.5) / 26)
        waits.append(page.evaluate("window.cnnlabChange"))
    return waits[FIRST:]
