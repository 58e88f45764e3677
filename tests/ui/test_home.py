"""The Home page as a reader sees it, drawn by Streamlit's own test runner on a Lab without workers."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.lab.lab import Lab
from cnnlab.settings import Settings
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui import lab as the_lab

ROOT = Path(__file__).parents[2]


def test_the_newest_runs_and_a_way_to_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(Settings(home=tmp_path), start_engine=False)
    monkeypatch.setattr(the_lab, "_lab", lambda: lab)
    try:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
        for count in range(1, 8):
            lab.runs.start(RECIPES["conv-8"].network, TrainingSpec(), name=f"run {count}")
            if count < 6:
                continue
            app.run()
            assert not app.exception, app.exception
            opened = [button for button in app.button if button.key and button.key.startswith("open-")]
            links = [link.proto.label for link in app.get("page_link")]
            assert len(opened) == 6
            assert links == ([] if count == 6 else ["All 7 runs"])
        assert any("run 7" in text.value for text in app.markdown)
        assert not any("run 1" in text.value for text in app.markdown)
    finally:
        lab.close()
