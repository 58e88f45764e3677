"""The Train page on a Lab without workers."""

from __future__ import annotations

from cnnlab.lab.lab import Lab
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec
from tests.ui.page import Page


def test_a_run_that_waits_for_workers_that_do_not_run(lab: Lab) -> None:
    page = Page("train", run=lab.runs.start(RECIPES["conv-8"].network, TrainingSpec()))
    assert page.buttons.count("start-engine") == 1
    assert page.text.count("The training workers are not running.") == 1
