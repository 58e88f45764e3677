"""The Runs page: the table and its filters, one run, several compared, the leaderboard, and files out and in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from cnnlab.lab.lab import Lab
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.run import Run
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui.runs.state import RunsState
from tests.trained import trained
from tests.ui.page import Page

MNIST = RECIPES["mlp-relu"].network


@pytest.fixture(scope="module")
def runs(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> Mapping[str, Run]:
    """Two runs on the small digits that were really trained, and one on others that waits."""
    first = trained(lab, tiny, quick, "Ada", "first")
    second = trained(lab, tiny, quick.replace(epochs=1, learning_rate=0.01), "Bo", "second")
    waiting = lab.runs.get(lab.runs.start(MNIST, TrainingSpec(dataset="mnist-5k"), "Ada", "waiting"))
    lab.annotations.note(first.id, "two filters")
    lab.annotations.tag(first.id, ["homework"])
    return {run.name: lab.runs.get(run.id) for run in (first, second, waiting)}


@pytest.fixture(autouse=True)
def as_before(lab: Lab, runs: Mapping[str, Run]) -> Iterator[None]:
    """What a test starts, brings in or deletes is not there for the next one."""
    yield
    for run in lab.annotations.deleted():
        lab.annotations.undelete(run.id)
    known = {run.id for run in runs.values()}
    for run in lab.runs.all():
        if run.id not in known:
            lab.control.stop(run.id)
            lab.annotations.delete(run.id)
    lab.annotations.purge()


def shown(page: Page) -> Any:
    """The table, as a frame of pandas."""
    (table,) = page.app.dataframe
    return table.value


def names(page: Page) -> list[str]:
    return list(shown(page)["name"])


def tick(page: Page, *rows: int) -> Page:
    """Choose rows of the table."""
    (table,) = page.app.dataframe
    page.app.session_state[table.key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return page.run()


def opened(page: Page, key: str) -> Page:
    """Open a popover."""
    page.app.session_state[key] = True
    return page.run()


def subheaders(page: Page) -> list[str]:
    return [one.value for one in page.app.subheader]


def test_the_table_shows_what_the_runs_are(lab: Lab, runs: Mapping[str, Run]) -> None:
    found = shown(Page("runs"))
    assert list(found["name"]) == ["waiting", "second", "first"]
    first, waiting = found.iloc[2], found.iloc[0]
    run = runs["first"]
    assert (first["network"], first["parameters"], first["epochs"], first["who"]) == ("tiny", 750, 2, "Ada")
    assert (first["validation"], first["seconds"]) == (run.best_val_accuracy, run.seconds)
    assert (first["note"], list(first["tags"])) == ("two filters", ["homework"])
    assert (waiting["network"], waiting["epochs"], waiting["parameters"]) == ("mlp-relu", 0, 12730)
    assert np.isnan(waiting["validation"]) and first["data"] != waiting["data"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("FIRST", ["first"]), ("ada", ["waiting", "first"]), ("filters two", ["first"]), ("homework bo", []), ("", None)],
)
def test_search_in_names_notes_tags_and_people(lab: Lab, text: str, expected: list[str] | None) -> None:
    page = Page("runs")
    page.app.text_input(key="runs-text").set_value(text)
    page.run()
    if expected == []:
        assert not page.app.dataframe and page.app.info
    else:
        assert names(page) == (expected or ["waiting", "second", "first"])


def test_filters_by_state_data_and_tag(lab: Lab) -> None:
    page = Page("runs")
    for key, value, expected in (
        ("runs-state", "queued", ["waiting"]),
        ("runs-data", "digits-8x8", ["second", "first"]),
        ("runs-tags", "homework", ["first"]),
    ):
        page.app.multiselect(key=key).set_value([value])
        assert names(page.run()) == expected
        page.app.multiselect(key=key).set_value([])
        page.run()


def test_a_row_that_is_ticked_is_in_the_link_and_the_link_ticks_rows(lab: Lab, runs: Mapping[str, Run]) -> None:
    page = tick(Page("runs"), 2)
    assert subheaders(page) == ["first"] and page.app.query_params["runs"] == runs["first"].id
    assert len(page.figure("runs-curves-" + runs["first"].id)["data"]) >= 2
    tick(page)
    assert subheaders(page) == [] and "runs" not in page.app.query_params
    assert subheaders(Page("runs", runs=runs["second"].id)) == ["second"]
    strange = Page("runs", runs="../../etc,nosuch")
    assert "“../../etc”" in strange.app.error[0].value and len(names(strange)) == 3


def test_the_curves_are_those_of_the_run(lab: Lab, runs: Mapping[str, Run]) -> None:
    run = runs["first"]
    page = Page("runs", runs=run.id)
    epochs = lab.runs.history(run.id).epochs
    drawn = [trace["y"] for trace in page.traces(f"runs-curves-{run.id}") if len(trace["x"]) == 2]
    for field in ("loss", "val_loss"):
        kept = [getattr(epoch, field) for epoch in epochs]
        assert any(np.allclose(line, kept, rtol=1e-4) for line in drawn), field
    assert f"{run.best_val_accuracy:.2%}" in page.text and "750" in page.text


@pytest.mark.parametrize(("page", "title"), [("train", "Train"), ("filters", "Filters"), ("maps", "Feature maps")])
def test_the_ways_to_the_other_pages(lab: Lab, runs: Mapping[str, Run], page: str, title: str) -> None:
    run = runs["first"].id
    found = Page("runs", runs=run).press(f"to-{page}-{run}")
    assert (found.title, found.me.run) == (title, run)


def test_name_note_and_tags(lab: Lab, runs: Mapping[str, Run]) -> None:
    run = runs["second"].id
    page = opened(Page("runs", runs=run), f"describe-{run}")
    page.app.text_input(key=f"name-{run}").set_value("<b>다른</b> *name*")
    page.app.text_area(key=f"note-{run}").set_value("line\nline")
    page.app.multiselect(key=f"tags-{run}").set_value(["homework"])
    page.press(f"save-{run}")
    found = lab.runs.get(run)
    assert (found.name, found.note, found.tags) == ("<b>다른</b> *name*", "line\nline", ("homework",))
    # A stranger's name is a text.
    assert [value.replace("\\", "") for value in subheaders(page)] == ["<b>다른</b> *name*"] != subheaders(page)
    lab.annotations.rename(run, "second")
    lab.annotations.note(run, "")
    lab.annotations.tag(run, [])


def test_a_fork_begins_with_a_moment_and_other_settings(lab: Lab, runs: Mapping[str, Run], quick: TrainingSpec) -> None:
    run = runs["first"].id
    page = opened(Page("runs", runs=run), f"fork-{run}")
    moments = lab.snapshots.of(run)
    page.app.selectbox(key=f"moment-{run}").set_value(moments[-2])
    page.app.number_input(key=f"fork-{run}.epochs").set_value(7)
    page.app.text_input(key=f"fork-name-{run}").set_value("child")
    page.press(f"start-fork-{run}")
    child = next(one for one in lab.runs.all() if one.name == "child")
    assert (child.parent, child.parent_epoch, child.state) == (run, moments[-2].epoch, "queued")
    assert child.training == quick.replace(epochs=7)
    assert page.app.query_params["runs"] == f"{run},{child.id}"


def test_more_epochs_of_the_same_run(lab: Lab, runs: Mapping[str, Run]) -> None:
    before = trained(lab, runs["first"].network, runs["first"].training.replace(epochs=1), name="longer")
    page = opened(Page("runs", runs=before.id), f"continue-{before.id}")
    (more,) = (one for one in page.app.number_input if str(one.key).startswith("more-"))
    more.set_value(4)
    page.press(f"go-on-{before.id}")
    after = lab.runs.get(before.id)
    assert (after.state, after.training) == ("queued", before.training.replace(epochs=5))


def test_delete_bring_back_and_remove_for_good(lab: Lab, runs: Mapping[str, Run]) -> None:
    run = runs["second"].id
    page = opened(Page("runs", runs=run), f"delete-{run}").press(f"delete-it-{run}")
    assert names(page) == ["waiting", "first"] and "runs" not in page.app.query_params
    assert [one.id for one in lab.annotations.deleted()] == [run]
    page.press(f"undelete-{run}")
    assert names(page) == ["waiting", "second", "first"]
    gone = lab.runs.start(MNIST, TrainingSpec(dataset="mnist-5k"))
    lab.control.stop(gone)
    lab.annotations.delete(gone)
    page = opened(Page("runs"), "runs-deleted").press("runs-purge")
    assert lab.annotations.deleted() == [] and "runs-purge" not in page.buttons


def test_two_runs_beside_each_other(lab: Lab, runs: Mapping[str, Run]) -> None:
    first, second = runs["first"], runs["second"]
    page = Page("runs", runs=f"{first.id},{second.id}")
    lines = {trace["name"].partition(":")[0] for trace in page.traces(f"runs-curves-{first.id}-{second.id}")}
    assert lines == {"first", "second"}
    assert {tuple(row) for row in page.table("first")} >= {("Epochs", "2", "1"), ("Learning rate", "0.001", "0.01")}
    # A point a run: its parameters and its accuracy.
    points = {(x, y) for trace in page.traces("runs-pareto") for x, y in zip(trace["x"], trace["y"], strict=True)}
    assert {(750, run.best_val_accuracy) for run in (first, second)} <= points


def test_runs_on_different_data_are_compared_with_a_warning(lab: Lab, runs: Mapping[str, Run]) -> None:
    page = Page("runs", runs=f"{runs['first'].id},{runs['waiting'].id}")
    assert len(page.app.info) == 1
    assert not Page("runs", runs=f"{runs['first'].id},{runs['second'].id}").app.info


def test_the_best_within_a_budget(lab: Lab, runs: Mapping[str, Run]) -> None:
    page = opened(Page("runs"), "runs-leaderboard")
    page.app.selectbox(key="board-data").set_value("digits-8x8")
    page.run()
    best = sorted((runs[name] for name in ("first", "second")), key=lambda run: -(run.best_val_accuracy or 0))
    assert [row[:3] for row in page.table("750")] == [
        [str(place), run.name, f"{run.best_val_accuracy:.2%}"] for place, run in enumerate(best, 1)
    ]
    captions = len(page.app.caption)
    page.app.number_input(key="board-parameters").set_value(749)
    page.run()
    assert not any("750" in one.value for one in page.app.markdown) and len(page.app.caption) >= captions


def test_files_are_made_and_kept_to_be_saved(lab: Lab, runs: Mapping[str, Run]) -> None:
    run = runs["first"]
    page = opened(Page("runs", runs=run.id), f"take-{run.id}")
    made = {}
    for form in ("csv", "json", "script", "notebook", "run"):
        page.app.selectbox(key=f"take-form-{run.id}").set_value(form)
        page.run().press(f"take-make-{run.id}")
        exported = page.state(RunsState).exported
        assert exported is not None and exported[:2] == (run.id, form)
        made[form] = exported[2].content
        assert [one.key for one in page.app.get("download_button")] == [f"take-save-{run.id}-{form}"]
    assert [row["epoch"] for row in csv.DictReader(io.StringIO(made["csv"].decode()))] == ["1", "2"]
    assert NetworkSpec.from_json(made["json"].decode()) == run.network
    compile(made["script"], "script", "exec")
    # A model needs the workers, which are not there.
    page.app.selectbox(key=f"take-form-{run.id}").set_value("keras")
    page.run().press(f"take-make-{run.id}")
    assert page.app.error

    page = Page("runs")
    page.app.file_uploader(key="bring-file").set_value(("first-run.zip", made["run"], "application/zip"))
    page.run().press("bring-run")
    assert [one.value for one in page.app.error] == []
    (again,) = (one for one in lab.runs.all() if one.id not in {known.id for known in runs.values()})
    assert (again.name, again.network, again.epochs_done) == ("first", run.network, 2)
    assert page.app.query_params["runs"] == again.id and subheaders(page) == ["first"]


def test_a_file_that_is_no_run_is_turned_away(lab: Lab) -> None:
    before = [run.id for run in lab.runs.all()]
    page = Page("runs")
    page.app.file_uploader(key="bring-file").set_value(("holiday.zip", b"PK and sand", "application/zip"))
    page.run().press("bring-run")
    assert len(page.app.error) == 1 and [run.id for run in lab.runs.all()] == before


def test_a_lab_without_runs_leads_to_training(lab: Lab, runs: Mapping[str, Run]) -> None:
    for run in runs.values():
        if run.active:
            lab.control.stop(run.id)
        lab.annotations.delete(run.id)
    page = Page("runs")
    assert not page.app.dataframe and page.app.info
    assert page.press("runs-train").title == "Train"
