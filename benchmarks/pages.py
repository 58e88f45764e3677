"""What the measurements of single pages share: a page on a server of its own, a trained run, strokes, figures."""

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
from cnnlab.export import share_code
from cnnlab.pretrain.pen_strokes import CANVAS_PX
from cnnlab.training.recipes import RECIPES

QUICK = 4
FIRST = 2
"""Changes that do not count, because parts of the page are used for the first time."""
IMAGES, BATCH = 2000, 100
"""Training data and batch size of the run to inspect: it needs weights, not a good accuracy."""
LONG = 1000
"""Epochs of the run that trains in the background: more than any measurement needs."""


@contextmanager
def page_of(stage: Stage, path: str) -> Iterator[Page]:
    """Open a page of a new server."""
    with Server(stage.settings) as server:
        server.wait_until_healthy()
        page = new_page(stage.browser)
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server.url}/{path}")
        yield page
        page.context.close()


@contextmanager
def draw_while_training(stage: Stage) -> Iterator[Page]:
    """Open Draw on a new server on which a run of `conv-8` trains and another page follows it."""
    with page_of(stage, train_address("conv-8", LONG)) as training:
        training.get_by_role("button", name="Start", exact=True).click()
        say("waiting for the first epochs")
        training.wait_for_function(
            "(window.cnnlabDrawings ?? []).some(([, epochs]) => epochs >= 2)", timeout=2 * PATIENCE
        )
        page = new_page(stage.browser)
        page.goto(training.url.partition("/train")[0] + "/draw")
        yield page
        page.context.close()
        expect(training.get_by_role("button", name="Stop", exact=True)).to_be_visible(timeout=PATIENCE)


def train_address(recipe: str, epochs: int) -> str:
    """Return the address of the Train page with a recipe on some of the digits that ship with the Lab."""
    training = RECIPES[recipe].training.replace(
        dataset="mnist-5k", epochs=epochs, batch_size=BATCH, train_size=IMAGES
    )  # fmt: skip
    return f"train?n={share_code.encode(RECIPES[recipe].network, training)}"


def train(page: Page) -> None:
    """Start the run of a Train page and wait until it has ended."""
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".stMarkdownBadge")).to_have_text("finished", timeout=3 * PATIENCE)


def count_of(stage: Stage, count: int) -> int:
    """Return how many changes to make so that `count` of them count."""
    return FIRST + (QUICK if stage.quick else count)


def curve(random: np.random.Generator) -> np.ndarray:
    """Return a curved stroke somewhere on the canvas, (points, 2) in canvas pixels."""
    begin, middle, end = random.uniform(0.1 * CANVAS_PX, 0.9 * CANVAS_PX, (3, 2))
    at = np.linspace(0, 1, 15)[:, np.newaxis]
    curve: np.ndarray = (1 - at) ** 2 * begin + 2 * at * (1 - at) * middle + at**2 * end
    return curve


def figures(name: str, waits: list[float], most: float, most_95: float | None = None) -> Iterator[Figure]:
    """Yield the median and, if it has a target, the 95th percentile."""
    say(f"{name}: {len(waits)} changes, the slowest {max(waits):.0f} ms")
    yield Figure(f"interaction.{name}_milliseconds", median(waits), "ms", most, 0)
    if most_95:
        yield Figure(
            f"interaction.{name}_milliseconds_95", quantiles(waits, n=20, method="inclusive")[-1], "ms", most_95, 0
        )
