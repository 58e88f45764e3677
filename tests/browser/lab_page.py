"""LabPage: one reader's browser tab, with the few things that tests do on every page of the Lab."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from cnnlab.export import share_code
from cnnlab.figures.heatmap import Scale
from cnnlab.figures.montage import paint
from cnnlab.runs.run import State
from cnnlab.training.recipes import RECIPES
from cnnlab.ui.shared.run_labels import STATES
from tests.browser.conversation import TWO_FRAMES, Conversation
from tests.browser.server import AppServer
from tests.catalog import catalog

BEGIN_MS = 400_000
"""From Start to the first point: the workers of a cold server take most of it."""
TRAIN_MS = 300_000
"""A short run, from its first point to its end."""

LOOK_MS = 300_000
"""From a choice on a page that looks into networks to its picture: the worker of a cold server starts first."""

LIST_MS = 2000
"""From a click on a field to its list, on a quiet machine."""

# A machine may be busy with other things, and how quick something is, benchmarks tell.
expect.set_options(timeout=LOOK_MS)

_PLOT = ".st-key-curves-{run} .js-plotly-plot"
_HOLDS = """
([css, place, arg]) => {
  const node = document.querySelectorAll(css)[place];
  try {
    return Boolean(node?.data && node._fullLayout?.xaxis) && Boolean((%s)(node, arg));
  } catch {
    return false; // What it asks about is not drawn yet.
  }
}
"""


_PAINTED = """
([name, expected]) => {
  const canvas = [...document.querySelectorAll("canvas[role=img]")].find((node) => node.ariaLabel?.startsWith(name));
  if (!canvas?.checkVisibility({ visibilityProperty: true })) return false;
  const { width, height } = canvas;
  if (width !== expected[0].length || height !== expected.length) return false;
  const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  return expected.flat(2).every((value, k) => Math.abs(value - pixels[k]) <= 3);
}
"""
"""Whether the picture with this name has these colors, RGBA by row and column, up to the rounding of 256 shades."""


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
        self._conversation = Conversation(page)

    def open(self, path: str) -> LabPage:
        """Go to a page of the Lab by its address and wait until it has its title."""
        self.page.goto(f"{self.server.url}/{path.lstrip('/')}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        return self

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def badge(self) -> Locator:
        """The word for the state of the run that is followed."""
        return self.page.locator("[data-stale=false] .stMarkdownBadge")

    @property
    def run(self) -> str:
        """The run in the link."""
        return parse_qs(urlsplit(self.page.url).query).get("run", [""])[0]

    def key(self, key: str) -> Locator:
        """The widget with this key."""
        return self.page.locator(f".st-key-{key}")

    def settle(self) -> None:
        """Wait until the server has answered the last thing that was done on this page."""
        self._conversation.settle(LOOK_MS)

    def appears(self, thing: Locator) -> bool:
        """Whether something comes into sight within two seconds."""
        try:
            expect(thing).to_be_visible(timeout=LIST_MS)
        except AssertionError:
            return False
        return True

    def number(self, name: str, value: float) -> None:
        """Type a number into a field."""
        self._type(self.page.get_by_role("spinbutton", name=name, exact=True), value)

    def setting(self, name: str, value: float) -> None:
        """Type a number into a training setting; by the name that it has in JSON, so in any language."""
        self._type(self.page.locator(f"[class*='st-key-training-'][class*='-{name}'] input"), value)

    def _type(self, field: Locator, value: float) -> None:
        self.settle()
        field.fill(str(value))
        field.press("Enter")
        self.settle()

    def choose(self, name: str, option: str | re.Pattern[str]) -> None:
        """Pick from a selection. A redraw closes its list, so wait for the page first, and open it again if needed."""
        self.settle()
        field = self.page.get_by_role("combobox", name=name, exact=True)
        self.pick(field, self.page.get_by_role("option", name=option).first)

    def pick(self, field: Locator, wanted: Locator) -> None:
        """Pick an option from the list of a selection, and wait for what comes of it."""
        field.click()
        for _ in range(LOOK_MS // LIST_MS):
            if self.appears(wanted):
                break
            # Opens the list if it is closed. A click would close it if it is only slow to appear.
            field.press("ArrowDown")
        wanted.click()
        self.settle()

    def unfold(self) -> None:
        """Show the settings on Train, which are folded while a run is followed."""
        self.settle()
        button = self.key("unfold").get_by_role("button")
        if button.is_visible():
            button.click()
            self.settle()

    def choose_anew(self, name: str, option: str) -> None:
        """Pick another network or another dataset, and wait for the fields that begin anew with it."""
        self.unfold()
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
            self.unfold()
            self.setting("epochs", epochs)
        before = self.run
        self.settle()
        self.key("start").get_by_role("button").click()
        self.page.wait_for_url(
            lambda url: "run=" in url and (not before or f"run={before}" not in url), timeout=LOOK_MS
        )
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

    def expect_points(self, run: str, count: int) -> None:
        """Wait until the training line of both charts has so many epochs. A badge can be ahead of the charts."""
        self.page.wait_for_function(
            """([plot, count]) => {
              const plots = [...document.querySelectorAll(plot)];
              return plots.length === 2 && plots.every((node) => node._fullData?.[1]?.x?.length === count);
            }""",
            arg=[_PLOT.format(run=run), count],
            timeout=BEGIN_MS,
        )

    def plots(self, run: str) -> Locator:
        """The two charts of a run: loss, accuracy."""
        return self.page.locator(_PLOT.format(run=run))

    def traces(self, run: str, plot: int = 0) -> list[Trace]:
        """The lines of one of the two charts, once it is drawn."""
        drawn = "([css, place]) => Boolean(document.querySelectorAll(css)[place]?._fullData)"
        self.page.wait_for_function(drawn, arg=[_PLOT.format(run=run), plot])
        found: Sequence[list[Any]] = (
            self.plots(run)
            .nth(plot)
            .evaluate("node => node._fullData.map(trace => [trace.name, trace.x?.length ?? 0, trace.visible])")
        )
        return [Trace(*trace) for trace in found]

    def expect_state(self, state: State, language: str = "en") -> None:
        """Wait until the badge has the word for `state`."""
        expect(self.badge).to_have_text(word(state, language), timeout=BEGIN_MS)

    def stop(self) -> None:
        self.settle()
        self.key("stop").get_by_role("button").click()

    def go(self, name: str) -> None:
        """Go to another page through the bar at the top; what was chosen goes along."""
        self.settle()
        self.page.get_by_role("link", name=name, exact=True).first.click()
        expect(self.page.get_by_role("heading", level=1, name=name)).to_be_visible()
        self.settle()

    def tab(self, name: str) -> None:
        self.settle()
        self.main.get_by_role("tab", name=name, exact=True).click()
        self.settle()

    def slide(self, name: str, key: str) -> None:
        """Press a key on a slider, once the one that it replaces has left the page."""
        self.settle()
        slider = self.main.get_by_role("slider", name=name)
        expect(slider).to_have_count(1)
        slider.press(key)

    def see(self, key: str, condition: str, arg: Any = None, place: int = 0, timeout: int = LOOK_MS) -> None:
        """Wait until `condition`, JavaScript of (node, arg), holds for a chart; `node.data` is what it shows."""
        self.page.wait_for_function(_HOLDS % condition, arg=[_chart(key), place, arg], timeout=timeout)

    def chart(self, key: str, what: str, place: int = 0) -> Any:
        """`what`, JavaScript of `node`, of the chart that has been drawn as number `place` under a key."""
        self.see(key, "node => true", place=place)
        return self.page.locator(_chart(key)).nth(place).evaluate(f"node => {what}")

    def values(self, key: str, place: int = 0) -> np.ndarray:
        """The numbers of a heat map, float (height, width)."""
        return np.array(self.chart(key, "node.data[0].z", place), dtype=float)

    def see_values(self, key: str, expected: np.ndarray, place: int = 0, timeout: int = LOOK_MS) -> None:
        """Wait until a heat map has these numbers, to four figures of the strongest."""
        near = """(node, expected) => {
          const shown = node.data[0].z, strongest = Math.max(...expected.flat().map(Math.abs));
          return shown.length === expected.length && shown.every((row, y) => row.length === expected[y].length
            && row.every((value, x) => Math.abs(value - expected[y][x]) <= 1e-4 * Math.max(strongest, 1)));
        }"""
        self.see(key, near, expected.tolist(), place, timeout)

    def see_painted(self, name: str, values: np.ndarray, scale: Scale = "gray", limit: float | None = None) -> None:
        """Wait until a picture, by the start of its alt text, shows these values in colors up to `limit`.

        Without a limit, the strongest color is that of the strongest value.
        """
        expected = paint(values, scale, limit or float(np.abs(values).max()))
        self.page.wait_for_function(_PAINTED, arg=[name, expected.tolist()])

    def see_mark(self, key: str, row: int, column: int, height: int = 1, width: int = 1, place: int = 0) -> None:
        """Wait until the frame in a heat map is there, in its pixels."""
        there = """(node, expected) => {
          const { x0, x1, y0, y1 } = node.layout.shapes[0];
          return String([y0 + 0.5, x0 + 0.5, y1 - y0, x1 - x0]) === String(expected);
        }"""
        self.see(key, there, [row, column, height, width], place)

    def montage(self, key: str, place: int = 0) -> np.ndarray:
        """The pixels of many small pictures, uint8 (height, width, 4)."""
        source = self.chart(key, "node.data[0].source", place)
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))

    def hovers(self, key: str, place: int = 0) -> list[str]:
        """The texts of the small pictures, as they appear on hover."""
        texts: list[str] = self.chart(key, "node.data.at(-1).hovertext", place)
        return texts

    def click_chart(self, key: str, x: float, y: float, place: int = 0) -> None:
        """Click a chart at a place in its own units: column and row of a heat map."""
        at = """([x, y]) => {
          const { xaxis, yaxis } = node._fullLayout, box = node.getBoundingClientRect();
          return [box.x + xaxis._offset + xaxis.l2p(x), box.y + yaxis._offset + yaxis.l2p(y)];
        }"""
        across, down = self.spot(key, f"({at})([{x:g}, {y:g}])", place)
        # Plotly hears a click only where it has seen the pointer come.
        self.page.mouse.move(across - 3, down - 3)
        self.page.mouse.move(across, down)
        self.page.mouse.click(across, down)

    def spot(self, key: str, at: str, place: int = 0) -> tuple[float, float]:
        """A place in the window, JavaScript of a chart's `node`, once the chart is in sight and stays where it is."""
        self.see(key, "node => true", place=place)
        self.settle()
        self.page.locator(_chart(key)).nth(place).scroll_into_view_if_needed()
        # What is above may still grow and push the chart down.
        spot, before = self.chart(key, at, place), None
        while spot != before:
            self.page.evaluate(TWO_FRAMES)
            spot, before = self.chart(key, at, place), spot
        across, down = spot
        return across, down

    def draw(self, strokes: Sequence[np.ndarray]) -> None:
        """Draw strokes (points, 2) on the canvas with the mouse, in its pixels; the hand does not wait for the page."""
        mouse, corner = self.page.mouse, self._canvas()
        for stroke in strokes:
            points = (stroke + corner).tolist()
            mouse.move(*points[0])
            mouse.down()
            for x, y in points[1:]:
                mouse.move(x, y)
            mouse.up()

    def press(self, point: np.ndarray) -> np.ndarray:
        """Put the pen down at a point of the canvas, and leave it there; returns the canvas's corner."""
        corner = self._canvas()
        self.page.mouse.move(*(point + corner).tolist())
        self.page.mouse.down()
        return corner

    def touch(self, strokes: Sequence[np.ndarray]) -> None:
        """The same with a finger, on a page whose context has touch."""
        corner, finger = self._canvas(), self.page.context.new_cdp_session(self.page)
        for stroke in strokes:
            for k, (x, y) in enumerate((stroke + corner).tolist()):
                kind = "touchMove" if k else "touchStart"
                finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
            finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        finger.detach()

    def _canvas(self) -> np.ndarray:
        """The canvas's upper left corner, brought into sight, once the canvas stays where it is."""
        self.settle()
        canvas = self.main.locator("canvas.upper-canvas")
        canvas.scroll_into_view_if_needed()
        box, before = canvas.bounding_box(), None
        while box != before:
            self.page.evaluate(TWO_FRAMES)
            box, before = canvas.bounding_box(), box
        assert box
        return np.array([box["x"], box["y"]])


def _chart(key: str) -> str:
    return f".st-key-{key} .js-plotly-plot"


def trained(
    tab: Page, server: AppServer, *recipes: str, epochs: int, batch_size: int = 100, **changes: Any
) -> list[str]:
    """Train recipes on the digits that come with the Lab; returns the finished runs."""
    runs, page = [], LabPage(tab, server)
    for name in recipes:
        training = RECIPES[name].training.replace(dataset="mnist-5k", epochs=epochs, batch_size=batch_size, **changes)
        page.open(f"train?n={share_code.encode(RECIPES[name].network, training)}")
        runs.append(page.start())
        page.expect_state("finished")
    tab.close()
    return runs


def word(state: State, language: str = "en") -> str:
    """What the badge says for a state."""
    text = STATES[state][0]
    return text if language == "en" else catalog(language)[text]
