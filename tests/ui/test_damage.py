"""A damaged database is said where one begins, until the reader has understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnlab.lab.lab import Lab
from cnnlab.settings import Settings
from cnnlab.ui import lab as the_lab
from tests.ui.page import Page


def test_a_damaged_database_is_said_where_one_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cnnlab.sqlite3").write_bytes(b"no database" * 1000)
    damaged = Lab(Settings(home=tmp_path), start_engine=False)
    monkeypatch.setattr(the_lab, "_lab", lambda: damaged)
    for page in (Page("home"), Page("runs")):
        (said,) = page.app.error
        assert str(tmp_path) in said.value.replace("\\", "") and "damage" in page.buttons
    page.press("damage")
    assert not page.app.error and "damage" not in page.buttons
    page.app.switch_page("pages/home.py")
    assert not page.run().app.error
    damaged.close()
