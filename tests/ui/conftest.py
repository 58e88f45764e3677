"""Pages as Streamlit's own test runner draws them, in a process that is like the server's: small, without Keras."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from cnnlab.lab.lab import Lab
from cnnlab.settings import Settings
from cnnlab.ui import lab as the_lab


@pytest.fixture(autouse=True)
def like_the_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide Keras and what other tests left in memory.

    After each run of a page, Streamlit clears Keras if it is loaded, and collects garbage. That takes a second.
    """
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The Lab that the pages find: without workers, and with a folder that the tests of a file share."""
    found = Lab(Settings(home=tmp_path_factory.mktemp("pages")), start_engine=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(the_lab, "_lab", lambda: found)
        yield found
    found.close()


@pytest.fixture(scope="module")
def lab_with_workers(working_lab: Lab) -> Iterator[Lab]:
    """The Lab that the pages find instead, in a file that overrides `lab`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(the_lab, "_lab", lambda: working_lab)
        yield working_lab
