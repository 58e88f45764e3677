"""The Runs page with five hundred runs in the Lab."""

from __future__ import annotations

import pytest

from benchmarks.store import fill
from cnnlab.lab.lab import Lab
from tests.ui.page import Page


@pytest.fixture(scope="module")
def ids(lab: Lab) -> list[str]:
    """Five hundred synthetic runs, the newest first: "run 499" down to "run 0"."""
    fill(lab.store, 500, 5_000)
    return [run.id for run in lab.runs.all()]


def test_found_ticked_and_compared_among_five_hundred(ids: list[str]) -> None:
    page = Page("runs", runs=",".join(ids[:5]))
    (table,) = page.app.dataframe
    assert len(table.value) == 500
    lines = {trace["name"].partition(":")[0] for trace in page.traces("runs-curves-" + "-".join(ids[:5]))}
    assert lines == {f"run {number}" for number in range(495, 500)}
    page.app.text_input(key="runs-text").set_value("run 42")
    page.run()
    # 42, 142, 242, 342, 442 and 420 to 429; the newest first.
    (table,) = page.app.dataframe
    assert [int(name.split()[1]) for name in table.value["name"]] == [442, *range(429, 419, -1), 342, 242, 142, 42]
    page.app.session_state[table.key] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    assert [one.value for one in page.run().app.subheader] == ["run 429"]
    page.app.text_input(key="runs-text").set_value("no run is called so")
    assert not page.run().app.dataframe and page.app.info


def test_the_best_twenty_of_five_hundred(ids: list[str]) -> None:
    page = Page("runs")
    page.app.session_state["runs-leaderboard"] = True
    page.run()
    places = page.table("20")
    assert [row[0] for row in places] == [str(place) for place in range(1, 21)]
    accuracies = [float(row[2].rstrip("%")) for row in places]
    assert accuracies == sorted(accuracies, reverse=True)
    page.app.number_input(key="board-parameters").set_value(1)
    page.run()
    assert not any(one.value.startswith("| ") for one in page.app.markdown)
