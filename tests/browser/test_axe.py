"""Every page can be used with a screen reader and a keyboard, as far as axe-core can tell."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser.axe import PAGES, SERIOUS, THEMES, look
from tests.browser.conftest import Visit
from tests.browser.server import AppServer


def test_no_page_has_a_serious_finding(lab_server: AppServer, browser: Browser, visit: Visit) -> None:
    page = visit(lab_server, "train")
    run = page.start_and_see(2)
    page.expect_state("finished")
    looked, serious = 0, []
    for name, found in look(browser, lab_server, {"run": run}):
        looked += 1
        serious += [(name, one.rule, one.nodes) for one in found if one.impact in SERIOUS]
    assert looked == len(PAGES) * len(THEMES)
    assert serious == []
