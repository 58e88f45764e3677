"""One Chromium and one server for all tests that need no server of their own; every page is watched for tracebacks."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chromium import launch_or_skip
from tests.browser.lab_page import LOOK_MS, LabPage
from tests.browser.server import AppServer, running

Visit = Callable[..., LabPage]
Serve = Callable[..., AppServer]

_OPEN = pytest.StashKey[list[BrowserContext]]()

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


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start servers of one's own: `serve(home=...)`; they end with the test."""
    servers: list[AppServer] = []

    def start(home: Path | None = None) -> AppServer:
        servers.append(AppServer(home or tmp_path / "home", tmp_path / f"server-{len(servers)}").start())
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    """Open a page of the Lab in a browser profile of its own: `visit(server, "train?run=...", locale="ko-KR")`.

    No page may have shown an exception at any time, or failed in its own script.
    """
    contexts = request.node.stash.setdefault(_OPEN, [])
    wrong: list[str] = []

    def report(text: str) -> None:
        wrong.append(text)

    def open_page(server: AppServer, path: str = "", locale: str = "en-US", **options: Any) -> LabPage:
        options.setdefault("viewport", {"width": 1280, "height": 900})
        context = browser.new_context(locale=locale, **options)
        context.set_default_timeout(LOOK_MS)
        contexts.append(context)
        context.expose_function("reportException", report)
        context.add_init_script(_WATCH)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        return LabPage(page, server).open(path)

    yield open_page
    try:
        for page in _pages(contexts):
            assert "Traceback" not in page.locator("body").inner_text(), page.url
        assert not wrong, "\n\n".join(wrong)
    finally:
        for context in contexts:
            context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test's report tells what its pages showed."""
    report = yield
    if report.when == "call" and report.failed:
        for page in _pages(item.stash.get(_OPEN, [])):
            report.sections.append((f"page {page.url}", page.locator("body").inner_text()))
    return report


def _pages(contexts: list[BrowserContext]) -> list[Page]:
    return [page for context in contexts for page in context.pages]
