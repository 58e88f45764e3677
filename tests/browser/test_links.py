"""Links: what comes in with the address, and what readers type, is answered or shown - never run, never a traceback."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.server import AppServer

HOSTILE = "**x**<script>"


def test_wrong_run_in_the_link_gets_an_answer(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server)
    for run in ("nosuch", "../../etc/passwd", "<img src=x onerror=alert(1)>", "**x**", "{run}", "' OR 1=1 --"):
        page.open(f"train?run={run}")
        expect(page.main.get_by_role("alert")).to_contain_text(f"There is no run with the id “{run}” in this Lab.")
        expect(page.main.get_by_role("alert").locator("img")).to_have_count(0)
        expect(page.main.get_by_text("Choose one from the list, or start a new one.")).to_be_visible()
        expect(page.key("start").get_by_role("button")).to_be_enabled()


def test_name_in_the_link_is_shown_as_text(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, f"train?who={HOSTILE}")
    expect(page.main.get_by_text(HOSTILE, exact=True)).to_be_visible()


def test_typed_name_is_shown_as_text_and_kept_in_the_link(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    page.settle()
    page.main.get_by_role("button", name="Set nickname").click()
    field = page.page.get_by_role("textbox", name="Nickname (optional)")
    field.fill(HOSTILE)
    field.press("Enter")
    page.page.wait_for_url("**who=**")
    expect(page.main.get_by_text(HOSTILE, exact=True)).to_be_visible()
    page.page.reload()
    expect(page.main.get_by_text(HOSTILE, exact=True)).to_be_visible()


def test_unknown_language_in_the_link_is_left_alone(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train?lang=zz")
    expect(page.key("start").get_by_role("button")).to_have_accessible_name("Start")
    expect(page.main.get_by_role("radio", name="English")).to_be_checked()


def test_unknown_page_gets_an_answer(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "nosuchpage")
    expect(page.page.get_by_role("dialog")).to_contain_text("Page not found")
    expect(page.page.get_by_role("heading", level=1)).to_have_text("CNN Lab")
