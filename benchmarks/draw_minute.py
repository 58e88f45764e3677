"""Processor time of the app for a minute of drawing, while the browser moves the bars."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from playwright.sync_api import expect

from benchmarks.browser import new_page
from benchmarks.pages import curve
from benchmarks.report import Figure, say
from benchmarks.server import Server
from benchmarks.stage import PATIENCE, Stage

SECONDS, STROKES = 60, 30
SIZE = 0.2
"""Of a stroke, in relation to the canvas: all of them together leave most of it empty."""


def draw_minute(stage: Stage) -> Iterator[Figure]:
    """Draw a stroke every two seconds and add up what the server, the engine and its workers compute meanwhile."""
    strokes = 3 if stage.quick else STROKES
    random = np.random.default_rng(0)
    with Server(stage.settings) as server:
        server.wait_until_healthy()
        page = new_page(stage.browser)
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server.url}/draw")
        canvas = page.locator("canvas.upper-canvas")
        canvas.wait_for(timeout=PATIENCE)
        used = 0.0
        for stroke in range(-1, strokes):
            box = canvas.bounding_box()
            assert box
            points = (curve(random) * SIZE + random.uniform(0, (1 - SIZE) * box["width"], 2)).tolist()
            page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
            page.mouse.down()
            for x, y in points[1:]:
                page.mouse.move(box["x"] + x, box["y"] + y)
            page.mouse.up()
            page.wait_for_timeout(1000 * SECONDS / STROKES)
            if stroke < 0:
                # The first stroke waits for the workers, and does not count.
                expect(page.get_by_role("heading", level=3)).to_be_visible(timeout=PATIENCE)
                stage.wait_until_idle(page)
                used = server.all_processor_seconds
        used = server.all_processor_seconds - used
        page.context.close()
    say(f"draw minute: {strokes} strokes")
    yield Figure("interaction.draw_minute_processor_seconds", used * STROKES / strokes, "s")
