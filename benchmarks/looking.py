"""How quickly the pages that look into networks answer: a kernel, another picture, a step back in time, a stroke.

Each measurement has a server of its own, on which nothing else goes on. What is timed is timed in the page: from the
key or the lifted pen to the animation frame after the chart shows something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles

import numpy as np
from playwright.sync_api import Page, expect

from benchmarks.browser import new_page
from benchmarks.report import Figure, say
from benchmarks.server import Server
from benchmarks.stage import PATIENCE, Stage
from cnnlab.network import link
from cnnlab.network.recipes import RECIPES
from cnnlab.strokes import SIDE

EDITS, NUMBERS, STEPS, STROKES = 20, 15, 20, 40
QUICK = 4
FIRST = 2
"""Changes that are not counted: the page's parts are used for the first time."""
IMAGES, BATCH = 2000, 100
"""What the looked-at run learns from: it needs weights, not skill."""
LONG = 1000
"""Epochs of the run that trains beside: more than any measurement takes."""
STROKES_A_DRAWING = 4

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
      else if (performance.now() - (begun ?? Infinity) > 30_000) reject(new Error(`${css} stays as it is`));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}
"""
"""From an event to a chart, the last one under its key, whose `what` is another one; it may only come into being."""


def kernel_edit(stage: Stage) -> Iterator[Figure]:
    """From Enter in a box of the kernel to the new result."""
    with _page(stage, "filters") as page:
        box = page.get_by_role("spinbutton", name="Kernel 2, 2", exact=True)
        expect(box).to_be_visible(timeout=PATIENCE)
        waits = []
        for change in range(_count(stage, EDITS)):
            _watch(page, "design-result", "node.data[0].z", "keydown")
            box.fill(str(2 + change / 10))
            box.press("Enter")
            waits.append(_waited(stage, page))
    yield from _figures("kernel_edit", waits[FIRST:], 300)


def feature_maps(stage: Stage) -> Iterator[Figure]:
    """From another number of the picture to the last layer of `full`; the charts of a page are drawn in their order."""
    with _page(stage, _train("full", 1)) as page:
        _trained(page)
        _go(page, "Feature maps", "maps-all")
        field = page.get_by_role("spinbutton", name="Number", exact=True)
        waits = []
        for number in range(10, 10 + _count(stage, NUMBERS)):
            _watch(page, "maps-all", "node.data[0].y", "keydown")
            field.fill(str(number))
            field.press("Enter")
            waits.append(_waited(stage, page))
    yield from _figures("feature_maps", waits[FIRST:], 700)


def time_machine(stage: Stage) -> Iterator[Figure]:
    """From an arrow key on the slider of the Learned tab to the kernels of the moment beside, to and fro."""
    with _page(stage, _train("full", 1)) as page:
        _trained(page)
        _go(page, "Filters", "design-result")
        page.get_by_role("tab", name="Learned", exact=True).click()
        _drawn(page, "learned-montage")
        slider = page.get_by_role("slider", name="Moment of the training")
        moments = int(slider.get_attribute("max") or 0)
        waits = []
        for step in range(_count(stage, STEPS)):
            _watch(page, "learned-montage", "node.data.at(-1).hovertext", "keydown")
            slider.press("ArrowRight" if step // moments % 2 else "ArrowLeft")
            waits.append(_waited(stage, page))
    yield from _figures("time_machine", waits[FIRST:], 400)


def draw_answer(stage: Stage) -> Iterator[Figure]:
    """From lifting the pen to the new probabilities: while nothing else goes on, and while a run trains."""
    with _page(stage, "draw") as page:
        yield from _figures("draw_answer", _strokes(stage, page), 350, 500)
    with _page(stage, _train("conv-8", LONG)) as training:
        training.get_by_role("button", name="Start", exact=True).click()
        say("waiting for the first epochs")
        training.wait_for_function(
            "(window.cnnlabDrawings ?? []).some(([, epochs]) => epochs >= 2)", timeout=2 * PATIENCE
        )
        page = new_page(stage.browser)
        page.goto(training.url.partition("/train")[0] + "/draw")
        yield from _figures("draw_answer_training", _strokes(stage, page), 350, 500)
        page.context.close()
        expect(training.get_by_role("button", name="Stop", exact=True)).to_be_visible(timeout=PATIENCE)


@contextmanager
def _page(stage: Stage, path: str) -> Iterator[Page]:
    """A page of a new server."""
    with Server(stage.settings) as server:
        server.wait_until_healthy()
        page = new_page(stage.browser)
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server.url}/{path}")
        yield page
        page.context.close()


def _train(recipe: str, epochs: int) -> str:
    """The Train page with a recipe on few of the digits that come with the Lab."""
    training = RECIPES[recipe].training.replace(
        dataset="mnist-5k", epochs=epochs, batch_size=BATCH, train_size=IMAGES
    )  # fmt: skip
    return f"train?n={link.encode(RECIPES[recipe].network, training)}"


def _trained(page: Page) -> None:
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".stMarkdownBadge")).to_have_text("finished", timeout=3 * PATIENCE)


def _go(page: Page, name: str, chart: str) -> None:
    """Go to another page, and wait for a chart there."""
    page.get_by_role("link", name=name, exact=True).first.click()
    _drawn(page, chart)


def _drawn(page: Page, chart: str) -> None:
    page.locator(f".st-key-{chart} .main-svg").last.wait_for(timeout=PATIENCE)
    Stage.wait_until_idle(page)


def _count(stage: Stage, count: int) -> int:
    return FIRST + (QUICK if stage.quick else count)


def _watch(page: Page, chart: str, what: str, event: str) -> None:
    """Have the page time the next change of a chart."""
    page.evaluate(_WATCH, [f".st-key-{chart} .js-plotly-plot", what, event])


def _waited(stage: Stage, page: Page) -> float:
    """The milliseconds of the change that is watched for."""
    waited: float = page.evaluate("window.cnnlabChange")
    stage.wait_until_idle(page)
    return waited


def _strokes(stage: Stage, page: Page) -> list[float]:
    """Draw curves, a few on a canvas, and time the answer after each."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.wait_for(timeout=PATIENCE)
    clear = page.locator(".st-key-draw-clear").get_by_role("button")
    random, waits = np.random.default_rng(0), []
    for stroke in range(_count(stage, STROKES)):
        if stroke and stroke % STROKES_A_DRAWING == 0:
            clear.click()
            expect(page.locator(".st-key-draw-answers")).to_have_count(0)
            stage.wait_until_idle(page)
        _watch(page, "draw-answers", "node.data[0].y", "pointerup")
        box = canvas.bounding_box()
        assert box
        points = _curve(random) + np.array([box["x"], box["y"]])
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(x, y)
        page.mouse.up()
        waits.append(_waited(stage, page))
    return waits[FIRST:]


def _curve(random: np.random.Generator) -> np.ndarray:
    """A bent stroke somewhere on the canvas, (points, 2) in its pixels."""
    begin, middle, end = random.uniform(0.1 * SIDE, 0.9 * SIDE, (3, 2))
    at = np.linspace(0, 1, 15)[:, np.newaxis]
    curve: np.ndarray = (1 - at) ** 2 * begin + 2 * at * (1 - at) * middle + at**2 * end
    return curve


def _figures(name: str, waits: list[float], most: float, most_95: float | None = None) -> Iterator[Figure]:
    """The median and, where it has a target, the 95th percentile."""
    say(f"{name}: {len(waits)} changes, the slowest {max(waits):.0f} ms")
    yield Figure(f"interaction.{name}_milliseconds", median(waits), "ms", most, 0)
    if most_95:
        yield Figure(
            f"interaction.{name}_milliseconds_95", quantiles(waits, n=20, method="inclusive")[-1], "ms", most_95, 0
        )
