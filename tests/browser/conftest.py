"""One Chromium and one server for all tests that need no server of their own; every page is watched for tracebacks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chromium import keep_priority, launch_or_skip
from tests.browser.lab_page import LOOK_MS, LabPage
from tests.browser.server import AppServer, running

Visit = Callable[..., LabPage]

_OPEN = pytest.StashKey[list[Page]]()

_WATCH = """
new MutationObserver(() => {
  for (const node of document.querySelectorAll("[data-testid=stException]:not([data-reported])")) {
    node.dataset.reported = "yes";
    window.reportException(node.innerText);
  }
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    keep_priority()
    with sync_playwright() as playwright:
        started = launch_or_skip(playwright)
        yield started
        started.close()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """The server that tests share: begun with an empty home."""
    folder = tmp_path_factory.mktemp("shared")
    with running(folder / "home", folder) as server:
        yield server
        assert "Traceback" not in server.log_text(), server.log_text()


class Profiles:
    """Browser profiles by their options. Each is kept for later tests: a new one reads and compiles every script anew.

    Attributes:
        wrong: exceptions that pages have shown, and errors in their own scripts.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: dict[str, BrowserContext] = {}
        self.wrong: list[str] = []

    def page(self, **options: Any) -> Page:
        """A new tab in the profile with these options; without any, that of a reader at a desk."""
        options = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}} | options
        key = repr(sorted(options.items()))
        if key not in self._contexts:
            context = self._contexts[key] = self._browser.new_context(**options)
            context.set_default_timeout(LOOK_MS)
            context.expose_function("reportException", self._report)
            context.add_init_script(_WATCH)
        page = self._contexts[key].new_page()
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        return page

    def _report(self, text: str) -> None:
        self.wrong.append(text)

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Iterator[Profiles]:
    found = Profiles(browser)
    yield found
    found.close()


@pytest.fixture
def visit(request: pytest.FixtureRequest, profiles: Profiles) -> Iterator[Visit]:
    """Open a page of the Lab in a tab of its own: `visit(server, "train?run=...", locale="ko-KR")`.

    Every tab is another reader to the Lab. No page may have shown an exception at any time, or failed in its own
    script.
    """
    pages = request.node.stash.setdefault(_OPEN, [])
    profiles.wrong.clear()

    def open_page(server: AppServer, path: str = "", locale: str = "en-US", **options: Any) -> LabPage:
        pages.append(profiles.page(locale=locale, **options))
        return LabPage(pages[-1], server).open(path)

    yield open_page
    try:
        for page in pages:
            assert page.get_by_test_id("stException").count() == 0, page.url
        assert not profiles.wrong, "\n\n".join(profiles.wrong)
    finally:
        for page in pages:
            page.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test's report tells what its pages showed."""
    report = yield
    if report.when == "call" and report.failed:
        for page in item.stash.get(_OPEN, []):
            report.sections.append((f"page {page.url}", page.locator("body").inner_text()))
    return report
