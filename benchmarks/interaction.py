"""`python -m benchmarks.interaction`: how fast and how heavy the app is for its users.

A real server, its workers and a real Chromium. To add a figure, add a function to `MEASURES`; those of the pages that
show the inside of networks are in `looking`, those of the network in the browser in `live_network`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from statistics import median

from playwright.sync_api import expect

from benchmarks import looking
from benchmarks.browser import drawings, new_page, updates
from benchmarks.draw_minute import draw_minute
from benchmarks.live_network import live_network
from benchmarks.report import Figure, arguments, describe_machine, say, settings, show
from benchmarks.server import Server
from benchmarks.stage import PATIENCE, Stage
from cnnlab.export import share_code
from cnnlab.network.editing import replace_layer
from cnnlab.network.layers import Conv2D
from cnnlab.network.summary import summarize
from cnnlab.training.recipes import RECIPES, for_dataset

Measure = Callable[[Stage], Iterator[Figure]]

STARTS = 3
LIVE_UPDATES = 60
LONG_HISTORY = 1000
"""Batch reports; at most five arrive per second, so a run needs minutes for them."""
WATCHED_EPOCHS = 20
CHANGES = 20
FIRST_CHANGES = 2
"""Changes that do not count, because parts of the page are used for the first time."""

_WATCH_TOTAL = """
wanted => {
  const shown = () => [...document.querySelectorAll("table tr:last-child strong")].some(
    (node) => node.textContent === wanted,
  );
  window.cnnlabChange = new Promise((resolve) => {
    let pressed;
    addEventListener("keydown", (event) => { if (event.key === "Enter") pressed ??= performance.now(); }, true);
    const observer = new MutationObserver(() => {
      if (pressed === undefined || !shown()) return;
      observer.disconnect();
      // In the page, and the browser is about to paint it.
      requestAnimationFrame(() => resolve(performance.now() - pressed));
    });
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}
"""
"""Measures from the Enter key until the table shows the total `wanted`."""


def home(stage: Stage) -> Iterator[Figure]:
    """Measure from `streamlit run` until Home is usable, with the browser already open."""
    seconds = []
    for _ in range(1 if stage.quick else STARTS):
        with closing(new_page(stage.browser)) as page, Server(stage.settings) as server:
            server.wait_until_healthy()
            page.goto(server.url, wait_until="commit")
            button = page.get_by_role("button", name="Train a first network now")
            expect(button).to_be_enabled(timeout=PATIENCE)
            expect(button).to_be_visible(timeout=PATIENCE)
            seconds.append(time.perf_counter() - server.began)
            say(f"home: {seconds[-1]:.2f} s")
            page.context.close()
    yield Figure("interaction.home_seconds", median(seconds), "s", 3)


def build_table(stage: Stage) -> Iterator[Figure]:
    """Measure from a change of a widget on Build to the new total in the table, and the server's CPU time for it."""
    recipe = RECIPES["full"]
    first = recipe.network.layers[0]
    assert isinstance(first, Conv2D)
    page = new_page(stage.browser)
    page.set_default_timeout(PATIENCE)
    page.goto(
        f"{stage.server.url}/build?n={share_code.encode(recipe.network, for_dataset(recipe.training, 'mnist-5k'))}"
    )
    field = page.locator(".st-key-card-0").get_by_role("spinbutton", name="Filters", exact=True)
    expect(field).to_have_value(str(first.filters), timeout=PATIENCE)
    expect(page.locator("table")).to_be_visible(timeout=PATIENCE)
    stage.wait_until_idle(page)
    milliseconds, used = [], 0.0
    for change in range(1, FIRST_CHANGES + (3 if stage.quick else CHANGES) + 1):
        filters = first.filters + change
        changed = replace_layer(recipe.network, 0, first.model_copy(update={"filters": filters}))
        before = stage.server.processor_seconds
        page.evaluate(_WATCH_TOTAL, f"{summarize(changed).parameters:,}")
        field.fill(str(filters))
        field.press("Enter")
        waited = page.evaluate("window.cnnlabChange")
        stage.wait_until_idle(page)
        if change > FIRST_CHANGES:
            milliseconds.append(waited)
            used += stage.server.processor_seconds - before
    page.context.close()
    say(f"build: {len(milliseconds)} changes, the slowest {max(milliseconds):.0f} ms")
    yield Figure("interaction.build_table_milliseconds", median(milliseconds), "ms", 300, 0)
    yield Figure("interaction.build_table_processor_milliseconds", 1000 * used / len(milliseconds), "ms", 40)


def live_update(stage: Stage) -> Iterator[Figure]:
    """Measure the server's CPU time per live update with two charts, early in a run."""
    milliseconds, per_second = _processor_time(stage)
    yield Figure("interaction.live_update_milliseconds", milliseconds, "ms", 15)
    yield Figure("interaction.live_updates_per_second", per_second, "1/s")


def epoch_to_screen(stage: Stage) -> Iterator[Figure]:
    """Measure from the end of an epoch in the worker to its point on the screen."""
    page = stage.watching
    wanted = 3 if stage.quick else WATCHED_EPOCHS
    page.wait_for_function(
        "wanted => window.cnnlabDrawings.some(([, epochs]) => epochs > wanted)", arg=wanted, timeout=10 * PATIENCE
    )
    shown: dict[int, float] = {}
    for drawing in drawings(page):
        for epoch in range(len(shown) + 1, drawing.epochs + 1):
            shown[epoch] = drawing.at
    waits = [1000 * (shown[epoch.epoch] - epoch.at) for epoch in stage.history().epochs if epoch.epoch in shown]
    say(f"epoch to screen: {len(waits)} epochs, the fastest {min(waits):.0f} ms")
    yield Figure("interaction.epoch_to_screen_milliseconds", median(waits), "ms", 1000, 0)
    yield Figure("interaction.epoch_to_screen_milliseconds_most", max(waits), "ms", 1000, 0)


def live_update_long(stage: Stage) -> Iterator[Figure]:
    """Measure the same as `live_update` when the run has a long history."""
    page = stage.watching
    wanted = 60 if stage.quick else LONG_HISTORY
    while (points := len(stage.history().batches)) < wanted:
        say(f"waiting for a long history: {points} of {wanted} batch reports")
        page.wait_for_timeout(10_000)
    milliseconds, _ = _processor_time(stage)
    yield Figure("interaction.live_update_long_history_milliseconds", milliseconds, "ms", 15)


def memory(stage: Stage) -> Iterator[Figure]:
    """Measure the server's memory after a run was trained and followed, without its workers."""
    page = stage.watching
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.click()
    expect(stop).to_have_count(0, timeout=PATIENCE)
    page.wait_for_timeout(2000)
    used = stage.server.process.memory_full_info()
    yield Figure("interaction.server_memory_megabytes", used.rss / 1e6, "MB", 250, 0)
    yield Figure("interaction.server_memory_unshared_megabytes", used.uss / 1e6, "MB", None, 0)


def _processor_time(stage: Stage) -> tuple[float, float]:
    """Return the server's CPU time per live update in milliseconds, and the live updates per second.

    Nothing is subtracted: receiving and storing events in the meantime is part of it.
    """
    page = stage.watching
    wanted = 10 if stage.quick else LIVE_UPDATES
    shown, used, began = updates(page), stage.server.processor_seconds, time.perf_counter()
    page.wait_for_function(
        "count => window.cnnlabDrawings.length >= count", arg=2 * (shown + wanted), timeout=10 * PATIENCE
    )
    count = updates(page) - shown
    used, seconds = stage.server.processor_seconds - used, time.perf_counter() - began
    return 1000 * used / count, count / seconds


MEASURES: Mapping[str, Measure] = {
    "home": home,
    "feature_maps": looking.feature_maps,
    "time_machine": looking.time_machine,
    "draw_answer": looking.draw_answer,
    "live_network": live_network,
    "draw_minute": draw_minute,
    "build_table": build_table,
    "live_update": live_update,
    "epoch_to_screen": epoch_to_screen,
    "live_update_long": live_update_long,
    "memory": memory,
}
"""Name -> measurement, in the order in which they run. The last one ends the run that the others follow."""


def main() -> int:
    """Run the benchmark and return its exit status."""
    parser = arguments("The app as users experience it: start, memory, live updates, from an epoch to the screen.")
    parser.add_argument("--only", nargs="+", choices=MEASURES, help="only these measurements")
    options = parser.parse_args()
    describe_machine()
    missed = False
    with Stage(settings(options), options.quick) as stage:
        print(f"# browser: Chromium {stage.browser.version}", flush=True)
        for name, measure in MEASURES.items():
            if not options.only or name in options.only:
                missed = show(measure(stage), options.quick) or missed
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
