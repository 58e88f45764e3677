"""A real Chromium: where it is, how it is started, and the context in which a reader's page is opened."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Error, Playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A webcam that shows a moving test image, and that every page may use.
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
]


_DROP_FROM_BOUNDING_SET, _SYS_NICE = 24, 23
"""PR_CAPBSET_DROP and CAP_SYS_NICE of Linux."""


def keep_priority() -> None:
    """Let no process that this one starts raise its priority; call it before Playwright starts.

    Where tests run as root, Chromium would put itself before the server and its workers. Two of them that draw leave
    nothing to a run that trains.
    """
    if sys.platform == "linux":
        # Fails where nothing needs to be done: only root has this right.
        ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, _SYS_NICE, 0, 0, 0)


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium where there is one, else Playwright's own."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return playwright.chromium.launch(executable_path=found, args=FLAGS)


def launch_or_skip(playwright: Playwright) -> Browser:
    """The same for tests: without a browser they are skipped on a person's machine and fail where CI=true."""
    try:
        return launch(playwright)
    except Error as error:
        missing(f"no Chromium can be started: {error}")


def missing(message: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
