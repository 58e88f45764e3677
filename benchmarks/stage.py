"""Stage: what the measurements of a running app share. Each part begins when a measurement first asks for it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType

from playwright.sync_api import Browser, Page, expect

from benchmarks.browser import chromium, new_page
from benchmarks.report import say
from benchmarks.server import Server
from cnnlab.lab import Lab
from cnnlab.settings import Settings
from cnnlab.training.history import History

PATIENCE = 60_000
"""Milliseconds that anything on a page may take before the benchmark gives up."""

BATCH_SIZE = 8
"""Small, so that an epoch of the 4,000 digits takes seconds and has several reports, as a reader's run has."""


class Stage:
    """A browser, one server, and a page of it that follows a long run.

    Attributes:
        settings: those of the servers, except for their homes.
        quick: whether only to see that things work.
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
        return self._parts.enter_context(chromium())

    @cached_property
    def server(self) -> Server:
        """One server for everything that is not about starting it."""
        server = self._parts.enter_context(Server(self.settings))
        server.wait_until_healthy()
        return server

    @cached_property
    def watching(self) -> Page:
        """The Train page, following a run that trains for longer than any measurement takes."""
        page = new_page(self.browser)
        page.set_default_timeout(PATIENCE)
        page.goto(f"{self.server.url}/train")
        for label, value in (("epochs", 1000), ("batch_size", BATCH_SIZE)):
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
        """Reads what the server wrote down about the run."""
        lab = self.server.reader()
        self._parts.callback(lab.store.close)
        return lab

    def history(self) -> History:
        """The run that is followed, as the server has it."""
        return self.reader.history(self.reader.runs()[0].id)

    @staticmethod
    def wait_until_idle(page: Page) -> None:
        """Until the server has answered what was last entered."""
        page.wait_for_timeout(300)
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE)
