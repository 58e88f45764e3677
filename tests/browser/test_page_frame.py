"""What all pages share: a header of one row, and their main thing in sight on a laptop."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Profiles, Visit
from tests.browser.lab_page import trained
from tests.browser.server import AppServer

LAPTOP = {"width": 1366, "height": 768}
HEADER_PX = 48

MAIN_THING = {
    "home": ".st-key-first-run",
    "data": ".st-key-data-gallery-16",
    "build": ".st-key-train",
    "train": "[class*=st-key-curves-]",
    "filters": ".st-key-design",
    "maps": ".cnnlab-stage",
    "draw": ".st-key-draw-live",
    "evaluate": ".st-key-evaluate-reliability",
    "runs": "[data-testid=stDataFrame]",
    "learn": "[class*=st-key-open-lesson-]",
}
"""Page -> what one comes for."""


@pytest.fixture(scope="module")
def run(lab_server: AppServer, profiles: Profiles) -> str:
    return trained(profiles.page(), lab_server, "mlp-relu", epochs=1)[0]


@pytest.mark.parametrize("name", MAIN_THING)
def test_the_main_thing_is_in_sight_on_a_laptop(name: str, run: str, lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "" if name == "home" else f"{name}?run={run}", viewport=LAPTOP)
    expect(page.page.locator(MAIN_THING[name]).last).to_be_visible()
    page.settle()
    # Waited for: a picture takes its room only when it is drawn.
    page.page.wait_for_function(
        """([css, header, bottom]) => {
          const box = (css) => [...document.querySelectorAll(css)].at(-1)?.getBoundingClientRect();
          const [row, thing] = [box(".st-key-page-header"), box(css)];
          return row?.height === header && thing?.height > 0 && thing.top >= row.bottom && thing.bottom <= bottom;
        }""",
        arg=[MAIN_THING[name], HEADER_PX, LAPTOP["height"]],
    )


def test_settings_fold_once_a_run_is_followed(run: str, lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    epochs = page.page.get_by_role("spinbutton", name="Epochs")
    expect(epochs).to_be_visible()
    expect(page.key("unfold")).to_have_count(0)

    page.open(f"train?run={run}").settle()
    expect(epochs).to_have_count(0)
    page.key("unfold").get_by_role("button").click()
    page.settle()
    # What was typed counts, also when the click that folds the settings is the end of typing.
    epochs.fill("3")
    page.key("fold").get_by_role("button").click()
    expect(page.key("setup")).to_contain_text("3 epochs")
    expect(epochs).to_have_count(0)
    page.settle()
    page.key("unfold").get_by_role("button").click()
    expect(epochs).to_have_value("3")
    page.start()
    expect(epochs).to_have_count(0)
    page.expect_state("finished")


def test_a_run_goes_along_from_page_to_page(run: str, lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, f"train?run={run}")
    chosen = page.key("run-bar").get_by_role("combobox", name="Run")
    for name in ("Evaluate", "Feature maps"):
        page.go(name)
        expect(chosen).to_have_value(re.compile("^mlp-relu"))


def test_a_link_is_followed_while_a_menu_is_open(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "draw")
    # Without links.js, about every third time leads to an empty page.
    for _ in range(4):
        page.settle()
        page.page.get_by_role("button", name="Compare").click()
        expect(page.page.get_by_test_id("stPopoverBody")).to_be_visible()
        page.go("Build")
        expect(page.key("train")).to_be_visible()
        page.go("Draw")
