"""`python -m tests.browser.screens FOLDER`: a picture of every page, in three sizes, both languages and themes.

Not a test: it trains two small runs in a Lab of its own and goes through the lessons, then writes
`train-1440-ko-dark.png` and the like for people to look at, and `index.html` with all of them. A page that is wider
than its window is named, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cnnlab.lessons import LESSONS
from cnnlab.lessons.lesson import Experiment, Question
from tests.browser.chromium import launch
from tests.browser.lab_page import LOOK_MS, TRAIN_MS, LabPage
from tests.browser.server import AppServer, running
from tests.catalog import catalog


class Shot(NamedTuple):
    """What to take a picture of.

    Attributes:
        name: begins the file's name.
        path: the page's address; {run} and {other} are the two finished runs.
        tab: the English name of a tab to open, if any.
        press: the English name of a button to press, if any.
        act: what to do on the page before that, if anything; it finds things by their keys, in any language.
    """

    name: str
    path: str
    tab: str = ""
    press: str = ""
    act: Callable[[LabPage], None] | None = None


TWO = np.array(
    [(90, 90), (100, 60), (130, 45), (165, 50), (185, 80), (175, 115), (140, 150), (105, 185), (85, 220), (200, 220)],
    float,
)
"""A digit on the canvas, as one stroke."""


def _write(page: LabPage) -> None:
    page.draw([TWO])
    expect(page.key("draw-said").get_by_role("heading")).to_be_visible(timeout=LOOK_MS)
    expect(page.key("draw-live").locator(".cnnlab-best")).to_be_visible(timeout=LOOK_MS)
    page.settle()


def _photo(page: LabPage) -> None:
    page.key("draw-source").get_by_role("radio").nth(1).click(force=True)
    page.settle()


def _transplant(page: LabPage) -> None:
    page.key("transplant").locator("summary").click()
    page.key("transplant-add").get_by_role("button").click()
    expect(page.key("transplant-train")).to_be_visible()


def _surgery(page: LabPage) -> None:
    page.main.get_by_role("tab").nth(2).click()
    page.key("surgery").locator("summary").click(timeout=LOOK_MS)
    expect(page.key("surgery").get_by_test_id("stMetric")).to_have_count(3, timeout=LOOK_MS)


def _keep(page: LabPage) -> None:
    _write(page)
    page.main.get_by_role("tab").nth(3).click()
    expect(page.key("keep-it")).to_be_visible()
    page.settle()
    page.key("keep-label").get_by_role("radio").nth(2).check(force=True)
    page.key("keep-it").get_by_role("button").click()
    page.settle()


def _augmentation(page: LabPage) -> None:
    page.key("more-settings").get_by_role("button").click()
    page.key("augmentation").locator("summary").click()
    page.page.locator("[class*=flip_vertical] label").click()
    expect(page.key("augmented").locator(".js-plotly-plot")).to_be_visible(timeout=LOOK_MS)
    for name, value in {"shift": 0.1, "rotation": 15, "noise": 0.1, "cutout": 0.1}.items():
        page.setting(f"augmentation-{name}", value)


def _cell(page: LabPage) -> None:
    """The most frequent mistake, and one of its images."""
    page.main.get_by_role("tab").nth(1).click(timeout=LOOK_MS)
    columns, rows, texts = page.chart("confusion", "['x', 'y', 'text'].map((name) => node.data[2][name])")
    found = {(y, x): int(text.replace(",", "")) for x, y, text in zip(columns, rows, texts, strict=True) if x != y}
    truth, answer = max(found, key=lambda cell: found[cell])
    page.click_chart("confusion", answer, truth)
    _choose(page, f"gallery-cell-{min(found[truth, answer], 48)}")
    page.see("example-one", "node => true")


def _mistake(page: LabPage) -> None:
    page.main.get_by_role("tab").nth(2).click(timeout=LOOK_MS)
    expect(page.main.locator("[class*=st-key-gallery-examples-]")).to_be_visible(timeout=LOOK_MS)
    classes = page.main.locator("[class*=st-key-gallery-examples-]").get_attribute("class") or ""
    _choose(page, next(name for name in classes.split() if name.startswith("st-key-gallery")).removeprefix("st-key-"))
    page.see("example-one", "node => true")


def _choose(page: LabPage, key: str) -> None:
    """Click a picture in the middle of a gallery, which is in sight however tall the gallery is."""
    x, y = page.chart(key, "['x', 'y'].map((axis) => node.data.at(-1)[axis].at(node.data.at(-1).x.length / 2))")
    page.click_chart(key, x, y)
    page.settle()


def _space(page: LabPage) -> None:
    page.main.get_by_role("tab").nth(3).click(timeout=LOOK_MS)
    x, y = page.chart("space-pca", "[node.data[4].x[0], node.data[4].y[0]]")
    page.click_chart("space-pca", x, y)
    page.see("example-one", "node => true")
    # The pointer rests on the point: its image is beside it.
    page.page.mouse.move(0, 0)
    box = page.page.locator(".st-key-space-pca .js-plotly-plot .point").first
    box.scroll_into_view_if_needed()
    box.hover(force=True)


def _sealed(page: LabPage) -> None:
    """A lesson's run, whose test set nobody has opened."""
    fields = page.main.locator("[class*='st-key-evaluate-which-'][data-stale=false]")
    before = fields.get_attribute("class")
    # The list is long and draws only what is in sight.
    page.key("evaluate-run").get_by_role("combobox").fill("The whole workflow")
    page.page.get_by_role("option", name="The whole workflow").click()
    expect(fields).not_to_have_class(before or "")
    page.settle()
    fields.get_by_role("combobox").click()
    page.page.get_by_role("option").nth(1).click()
    expect(page.key("evaluate-unseal")).to_be_visible()


def _term(page: LabPage) -> None:
    """A term's definition."""
    page.settle()
    page.main.locator(".cnnlab-term").first.focus()


def _take(page: LabPage) -> None:
    page.settle()
    page.page.locator("[class*=st-key-take-]").get_by_role("button").first.click()
    page.settle()


def _fold(key: str) -> Callable[[LabPage], None]:
    def unfold(page: LabPage) -> None:
        page.settle()
        page.key(key).locator("summary").click()
        page.settle()

    return unfold


def _number(page: LabPage) -> None:
    _choose(page, "data-gallery-16")
    key = page.page.locator("[class*=st-key-data-numbers-]")
    expect(key).to_be_visible()
    classes = (key.get_attribute("class") or "").split()
    name = next(name for name in classes if name.startswith("st-key-data-numbers-"))
    page.click_chart(name.removeprefix("st-key-"), 3, 4)
    page.settle()


SHOTS = (
    Shot("home", ""),
    Shot("build", "build"),
    *(Shot(f"build-{tab.split()[-1].lower()}", "build", tab=tab) for tab in ("Keras code", "Share", "Settings")),
    Shot("train", "train?run={run}"),
    Shot("train-network", "train?run={run}", tab="Network"),
    *(
        Shot(f"train-{tab.split()[0].lower()}", "train?run={run}", tab=tab)
        for tab in ("Doctor", "Kernels", "Confusion matrix", "Diagnostics", "Timing", "Settings")
    ),
    Shot("train-more", "train", press="More settings"),
    Shot("train-augmentation", "train", act=_augmentation),
    Shot("train-empty", "train"),
    Shot("train-no-such-run", "train?run=nosuch"),
    Shot("filters", "filters"),
    Shot("filters-pooling", "filters", tab="Pooling"),
    Shot("filters-learned", "filters", tab="Learned"),
    Shot("filters-surgery", "filters", act=_surgery),
    Shot("filters-transplant", "filters", act=_transplant),
    Shot("maps", "maps"),
    Shot("draw-empty", "draw"),
    Shot("draw", "draw", act=_write),
    Shot("draw-why", "draw", tab="Explanation", act=_write),
    Shot("draw-dial", "draw", tab="Transforms", act=_write),
    Shot("draw-keep", "draw", act=_keep),
    Shot("draw-photo", "draw", act=_photo),
    Shot("evaluate", "evaluate"),
    Shot("evaluate-cell", "evaluate", act=_cell),
    Shot("evaluate-mistake", "evaluate", act=_mistake),
    Shot("evaluate-space", "evaluate", act=_space),
    Shot("evaluate-reproduced", "evaluate", tab="Reported results"),
    Shot("evaluate-sealed", "evaluate?who=Nari", act=_sealed),
    Shot("runs", "runs"),
    Shot("runs-one", "runs?runs={run}"),
    Shot("runs-take", "runs?runs={run}", act=_take),
    Shot("runs-compared", "runs?runs={run},{other}"),
    Shot("runs-board", "runs", act=_fold("runs-leaderboard")),
    Shot("runs-bring", "runs", act=_fold("bring-in")),
    Shot("data", "data"),
    Shot("data-number", "data?data=digits-8x8", act=_number),
    Shot("data-image", "data", act=_number),
    Shot("data-classes", "data", tab="Classes"),
    Shot("data-means", "data", tab="Mean images"),
    Shot("data-augmentation", "data", tab="Augmentation"),
    Shot("data-new", "data", press="New image set"),
    Shot("data-fetch", "data?data=fashion-mnist"),
    Shot("learn-empty", "learn"),
    Shot("learn-term", "learn?lesson=relu", act=_term),
    Shot("learn-asked", "learn?lesson=relu"),
    Shot("learn", "learn?who=Nari"),
    *(Shot(f"learn-{lesson}", f"learn?lesson={lesson}&who=Nari") for lesson in LESSONS),
)
"""One entry a picture; a new page needs a line here."""

WINDOWS = ((1440, 900), (1024, 768), (390, 844))
LANGUAGES = {"en": "en-US", "ko": "ko-KR"}
THEMES = ("light", "dark")
TALLEST = 16_000
"""Pixels; Chromium draws nothing below 16,384."""


def prepare(browser: Browser, server: AppServer) -> dict[str, str]:
    """Train the two runs that the pictures show; returns the names in `Shot.path`."""
    with browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900}) as context:
        page = LabPage(context.new_page(), server).open("train")
        runs = {}
        for name, network in (("other", "mlp-relu"), ("run", "conv-8")):
            page.choose_anew("Network", network)
            runs[name] = page.start_and_see(3)
            page.expect_state("finished")
        return runs


def study(browser: Browser, server: AppServer) -> None:
    """Go through every lesson as Nari, with quick experiments, so that all they can show is shown."""
    with browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900}) as context:
        page = LabPage(context.new_page(), server)
        for lesson in LESSONS.values():
            page.open(f"learn?lesson={lesson.name}&who=Nari&length=quick")
            for block in lesson.blocks:
                if isinstance(block, Question):
                    page.key(f"skip-{block.part}").get_by_role("button").click()
                    expect(page.key(f"skip-{block.part}")).to_have_count(0, timeout=LOOK_MS)
                elif isinstance(block, Experiment):
                    page.key(f"train-{block.part}").get_by_role("button").click()
                    table = page.key(f"experiment-{block.part}").get_by_role("cell", name="Validation loss")
                    expect(table).to_be_visible(timeout=TRAIN_MS)
                page.settle()


def take(page: LabPage, shot: Shot, path: str, language: str, file: Path) -> int:
    """Open the page, write its picture, and return by how many pixels it is wider than its window."""
    page.open(path)
    words = catalog(language) if language != "en" else {}
    if shot.act:
        shot.act(page)
    if shot.tab:
        page.main.get_by_role("tab", name=words.get(shot.tab, shot.tab), exact=True).click()
    if shot.press:
        page.main.get_by_role("button", name=words.get(shot.press, shot.press)).click()
    quiet(page.page)
    size = page.page.viewport_size
    assert size
    # Streamlit scrolls inside the page: a window as tall as the content shows it all.
    needed = page.main.evaluate("node => node.scrollHeight")
    page.page.set_viewport_size({"width": size["width"], "height": min(max(needed, size["height"]), TALLEST)})
    quiet(page.page)
    page.page.screenshot(path=file, animations="disabled")
    wider: int = page.main.evaluate(
        """main => Math.max(
          document.documentElement.scrollWidth - document.documentElement.clientWidth,
          main.scrollWidth - main.clientWidth,
        )"""
    )
    return wider


def quiet(page: Page) -> None:
    """Wait until nothing runs, every chart is drawn and fonts are there."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.wait_for_function(
        """() => [...document.querySelectorAll(".cnnlab-charts > div")].every((node) => node.querySelector(".main-svg"))
            && [...document.images].every((image) => image.complete)
            && [...document.querySelectorAll(".cnnlab-stage")].every(({ dataset }) => "snapshot" in dataset)
            && !document.querySelector("[data-stale=true], .cnnlab-stage[data-waiting], [aria-busy=true]")"""
    )
    page.evaluate("() => document.fonts.ready.then(() => new Promise(requestAnimationFrame))")


def _index(folder: Path) -> None:
    """A page with all pictures of the folder, small, each leading to itself."""
    pictures = "\n".join(
        f'<figure><a href="{file.name}"><img src="{file.name}" alt="{file.stem}" loading="lazy" height="320"></a>'
        f"<figcaption>{file.stem}</figcaption></figure>"
        for file in sorted(folder.glob("*.png"))
    )
    style = "body { font: 14px sans-serif } figure { display: inline-block; margin: 8px; vertical-align: top }"
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>CNN Lab</title><style>{style}</style>'
    (folder / "index.html").write_text(f"{page}\n{pictures}\n</html>\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", default="*", help="only pictures of this name, such as 'train*-390-ko-*'")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    wanted = [
        (name, shot, window, language, theme)
        for window, language, theme, shot in itertools.product(WINDOWS, LANGUAGES, THEMES, SHOTS)
        if fnmatch(name := f"{shot.name}-{window[0]}-{language}-{theme}", arguments.only)
    ]
    too_wide = []
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = launch(playwright)
        with running(Path(scratch) / "home", Path(scratch)) as server:
            runs = prepare(browser, server)
            if any("who=Nari" in shot.path for _name, shot, *_kind in wanted):
                study(browser, server)
            for name, shot, (width, height), language, theme in wanted:
                with browser.new_context(
                    locale=LANGUAGES[language], color_scheme=theme, viewport={"width": width, "height": height}
                ) as context:
                    page = LabPage(context.new_page(), server)
                    wider = take(page, shot, shot.path.format(**runs), language, arguments.folder / f"{name}.png")
                print(name, f"{wider} pixels too wide" if wider > 0 else "", flush=True)
                too_wide += [name] * (wider > 0)
        browser.close()
    _index(arguments.folder)
    if too_wide:
        print("wider than the window:", *too_wide, sep="\n  ")
    return 1 if too_wide else 0


if __name__ == "__main__":
    sys.exit(main())
