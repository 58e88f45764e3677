"""Languages: the browser's, the link's, the switch's. What is expected is in the catalog, not here."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from cnnlab.errors import fill
from tests.browser.conftest import Visit
from tests.browser.lab_page import LabPage
from tests.browser.server import AppServer
from tests.catalog import catalog

KOREAN = catalog("ko")


def _expect_train_page_in_korean(page: LabPage) -> None:
    for text in ("Train", "Start", "Network", "More settings", "Network summary"):
        assert KOREAN[text] != text
    links = page.page.get_by_role("navigation").get_by_role("link")
    expect(links.filter(has_text=KOREAN["Home"])).to_be_visible()
    expect(page.main.get_by_role("heading", level=1)).to_have_text(KOREAN["Train"])
    expect(page.key("start").get_by_role("button")).to_have_accessible_name(KOREAN["Start"])
    expect(page.main.get_by_role("combobox", name=KOREAN["Network"])).to_be_visible()
    expect(page.main.get_by_role("button", name=KOREAN["More settings"])).to_be_visible()
    expect(page.main.get_by_text(KOREAN["Network summary"])).to_be_visible()


def _expect_train_page_in_english(page: LabPage) -> None:
    expect(page.main.get_by_role("heading", level=1)).to_have_text("Train")
    expect(page.key("start").get_by_role("button")).to_have_accessible_name("Start")


@pytest.mark.parametrize(("locale", "path"), [("ko-KR", "train"), ("ko", "train"), ("en-US", "train?lang=ko")])
def test_korean_by_the_browser_and_by_the_link(lab_server: AppServer, visit: Visit, locale: str, path: str) -> None:
    _expect_train_page_in_korean(visit(lab_server, path, locale=locale))


def test_link_comes_before_the_browser(lab_server: AppServer, visit: Visit) -> None:
    _expect_train_page_in_english(visit(lab_server, "train?lang=en", locale="ko-KR"))


def test_a_button_to_another_page_keeps_the_language_of_the_link(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "?lang=ko")
    page.settle()
    page.key("to-learn").get_by_role("button").click()
    page.page.wait_for_url("**/learn?**")
    expect(page.main.get_by_role("heading", level=1, name=KOREAN["Learn"])).to_be_visible()


def test_other_languages_get_english(lab_server: AppServer, visit: Visit) -> None:
    _expect_train_page_in_english(visit(lab_server, "train", locale="fr-FR"))


def test_switch_changes_the_language_everywhere_and_back(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    page.settle()
    page.main.get_by_role("radio", name="한국어").click()
    _expect_train_page_in_korean(page)
    page.page.wait_for_url("**lang=ko**")
    page.settle()
    page.page.get_by_role("navigation").get_by_role("link", name=KOREAN["Home"]).click()
    expect(page.main.get_by_role("button", name=KOREAN["Train a first network now"])).to_be_visible()
    expect(page.main.get_by_role("radio", name="한국어")).to_be_checked()
    page.settle()
    page.main.get_by_role("radio", name="English").click()
    expect(page.main.get_by_role("button", name="Train a first network now")).to_be_visible()


def test_korean_survives_a_reload_after_the_switch(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train")
    page.settle()
    page.main.get_by_role("radio", name="한국어").click()
    page.page.wait_for_url("**lang=ko**")
    page.page.reload()
    _expect_train_page_in_korean(page)


def test_run_and_errors_in_korean(lab_server: AppServer, visit: Visit) -> None:
    page = visit(lab_server, "train?run=nosuch", locale="ko-KR")
    alert = page.main.get_by_role("alert")
    expect(alert).to_contain_text(fill(KOREAN["There is no run with the id “{run}” in this Lab."], {"run": "nosuch"}))
    run = page.start(2)
    page.expect_state("finished", language="ko")
    assert [trace.name for trace in page.traces(run)] == [
        KOREAN[text] for text in ("training, within the epoch", "training", "validation")
    ]
    expect(page.main.get_by_text(KOREAN["Validation accuracy"], exact=True)).to_be_visible()
    expect(page.main.get_by_role("tab", name=KOREAN["Predictions"])).to_be_visible()

    # The error says that there is a list.
    lost = visit(lab_server, "train?run=nosuch", locale="ko-KR")
    lost.settle()
    runs = lost.page.get_by_role("combobox", name=KOREAN["Run"], exact=True)
    lost.pick(runs, lost.page.get_by_role("option").first)
    lost.page.wait_for_url(f"**run={run}**")
    lost.expect_state("finished", language="ko")
