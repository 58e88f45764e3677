"""Stage: what the measurements of a running app share. Each part starts when a measurement first uses it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType

from playwright.sync_api import Browser, Page, expect

from benchmarks.browser import chromium, new_page
from benchmarks.report import say
from benchmarks.server import Server
from cnnlab.lab.lab import Lab
from cnnlab.settings import Settings
from cnnlab.training.history import History

PATIENCE = 60_000
"""Timeout in milliseconds for anything on a page."""

BATCH_SIZE = 8
"""Small, so that an epoch of the 4,000 digits takes seconds and has several reports, like the runs of users."""


class Stage:
    """A browser, a server, and a page that follows a long run.

    Attributes:
        settings: the settings of the servers, except for their homes.
        quick: whether to check only that the benchmark works.
    """

    def __init__(self, settings: Settings, quick: bool) -> None:
        self.settings = settings
        self.quick = quick
        self._parts = ExitStack()

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._parts.__exit__(kind, error, traceback)

    @cached_property
    def browser(self) -> Browser:
        """The browser of all measurements."""
        return self._parts.enter_context(chromium())

    @cached_property
    def server(self) -> Server:
        """The server of all measurements that do not measure its start."""
        server = self._parts.enter_context(Server(self.settings))
        server.wait_until_healthy()
        return server

    @cached_property
    def watching(self) -> Page:
        """The Train page, following a run that trains longer than any measurement takes."""
        page = new_page(self.browser)
        page.set_default_timeout(PATIENCE)
        page.goto(f"{self.server.url}/train")
        for label, value in (("Epochs", 1000), ("Batch size", BATCH_SIZE)):
            field = page.get_by_label(label, exact=True)
            field.fill(str(value))
            field.press("Enter")
            expect(field).to_have_value(str(value))
            self.wait_until_idle(page)
        page.get_by_role("button", name="Start", exact=True).click()
        say("waiting for the first epochs")
        page.wait_for_function("(window.cnnlabDrawings ?? []).some(([, epochs]) => epochs >= 2)", timeout=2 * PATIENCE)
        return page

    @cached_property
    def reader(self) -> Lab:
        """A Lab that reads what the server stored about the run."""
        lab = self.server.reader()
        self._parts.callback(lab.store.close)
        return lab

    def history(self) -> History:
        """Return the history of the run that the page follows."""
        return self.reader.runs.history(self.reader.runs.all()[0].id)

    @staticmethod
    def wait_until_idle(page: Page) -> None:
        """Wait until the server has processed the last input."""
        page.wait_for_timeout(300)
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE)
