"""Every download of Runs, opened by the program that it is for; and what comes back in is what went out."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from cnnlab.datasets import load, scaled
from cnnlab.export import share_code
from cnnlab.export.formats import CSV_COLUMNS, MODEL_FORMATS
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.run import Run
from cnnlab.runs.store import RunStore
from cnnlab.training.events import Epoch
from tests.browser.conftest import Profiles, Visit
from tests.browser.lab_page import BEGIN_MS, LOOK_MS, LabPage
from tests.browser.server import ROOT, AppServer
from tests.browser.test_runs import QUICK, TINY
from tests.waiting import wait_until

TITLES = {
    **{form: known.title for form, known in MODEL_FORMATS.items()},
    "report": "One-page report (.html)",
    "csv": "Training history (.csv)",
    "tensorboard": "TensorBoard logs (.zip)",
    "json": "Network (.json)",
    "script": "Keras script (.py)",
    "notebook": "Notebook (.ipynb)",
    "run": "Complete run, for another CNN Lab (.zip)",
}
NAMES = {
    "keras": "tiny-epoch-2.keras",
    "weights": "tiny-epoch-2.weights.h5",
    "saved_model": "tiny-epoch-2-saved-model.zip",
    "litert": "tiny-epoch-2.tflite",
    "onnx": "tiny-epoch-2.onnx",
    "report": "tiny-report.html",
    "csv": "tiny-history.csv",
    "tensorboard": "tiny-tensorboard.zip",
    "json": "tiny-network.json",
    "script": "tiny.py",
    "notebook": "tiny.ipynb",
    "run": "tiny-run.zip",
}


class Made(NamedTuple):
    """A server and its store as another process sees it; a run, with all its files as they were downloaded."""

    server: AppServer
    store: RunStore
    run: Run
    files: dict[str, Path]

    @property
    def epochs(self) -> list[Epoch]:
        return [event for _, event in self.store.events(self.run.id) if isinstance(event, Epoch)]


@pytest.fixture(scope="module")
def made(profiles: Profiles, lab_server: AppServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    page = LabPage(profiles.page(), lab_server).open(f"train?n={share_code.encode(TINY, QUICK)}")
    run, store = page.start(), RunStore(lab_server.home)
    wait_until(lambda: store.get(run).state == "finished", BEGIN_MS / 1000)
    page.open(f"runs?runs={run}")
    files = download(page, run, tmp_path_factory.mktemp("takeaway") / "files")
    page.page.close()
    yield Made(lab_server, store, store.get(run), files)
    store.close()


def download(page: LabPage, run: str, folder: Path) -> dict[str, Path]:
    """Make and save the file of every format, each in a folder of its own."""
    page.settle()
    page.key(f"take-{run}").get_by_role("button").first.click()
    files = {}
    for form, title in TITLES.items():
        page.choose("Format", title)
        page.key(f"take-make-{run}").get_by_role("button").click()
        save = page.key(f"take-save-{run}-{form}").get_by_role("button")
        expect(save).to_be_visible(timeout=LOOK_MS)
        page.settle()
        with page.page.expect_download() as started:
            save.click()
        files[form] = folder / form / started.value.suggested_filename
        started.value.save_as(files[form])
    return files


def python(*arguments: str) -> str:
    """What another Python says: TensorFlow is not for the process of the tests."""
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=quiet, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def read(made: Made) -> Path:
    """What other programs read from the files, see `reading`."""
    folder = made.files["keras"].parents[1]
    shutil.copyfile(made.store.folder(made.run.id) / "model.keras", folder / "kept.keras")
    np.save(folder / "images.npy", scaled(load("digits-8x8").x_test[:40]))
    python("-m", "tests.browser.reading", str(folder))
    return folder


def test_every_format_has_its_file(made: Made) -> None:
    assert {form: path.name for form, path in made.files.items()} == NAMES
    assert all(path.stat().st_size > 100 for path in made.files.values())


def test_models_answer_as_keras_does(read: Path) -> None:
    with np.load(read / "answers.npz") as answers:
        kept = answers["kept"]
        assert kept.shape == (40, 10) and kept.std() > 1e-3
        assert set(answers.files) == {"kept", *MODEL_FORMATS}
        for form in MODEL_FORMATS:
            np.testing.assert_allclose(answers[form], kept, atol=1e-4, err_msg=form)


def test_figures_are_those_of_the_run(made: Made, read: Path) -> None:
    table = list(csv.DictReader(io.StringIO(made.files["csv"].read_text())))
    assert tuple(table[0]) == CSV_COLUMNS and len(made.epochs) == 2
    assert [[float(row[name]) for name in CSV_COLUMNS] for row in table] == [
        [float(getattr(epoch, name)) for name in CSV_COLUMNS] for epoch in made.epochs
    ]
    logs = json.loads((read / "read.json").read_text())
    for name in ("loss", "accuracy"):
        trained, checked = ([getattr(epoch, prefix + name) for epoch in made.epochs] for prefix in ("", "val_"))
        assert logs["train"][f"epoch_{name}"] == pytest.approx(trained)
        assert logs["validation"][f"epoch_{name}"] == pytest.approx(checked)


def test_the_script_trains_a_network_by_itself(made: Made) -> None:
    run = "import runpy, sys; print(*runpy.run_path(sys.argv[1])['history'].history['val_loss'])"
    losses = python("-c", run, str(made.files["script"])).splitlines()[-1]
    assert [float(loss) for loss in losses.split()] == pytest.approx([one.val_loss for one in made.epochs], rel=1e-5)


def test_the_network_and_its_notebook(made: Made) -> None:
    assert NetworkSpec.from_json(made.files["json"].read_text()) == TINY
    notebook = json.loads(made.files["notebook"].read_text())
    cells = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    script = made.files["script"].read_text()
    assert notebook["nbformat"] == 4 and len(cells) >= 5 and all(cell in script for cell in cells)


def test_the_report_stands_by_itself(made: Made, browser: Browser) -> None:
    with browser.new_context() as context:
        context.set_default_timeout(LOOK_MS)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(made.files["report"].as_uri())
        expect(page.get_by_role("heading", level=1)).to_have_text("tiny")
        expect(page.locator(".js-plotly-plot").first).to_be_visible()
        accuracy = f"{made.epochs[-1].val_accuracy:.2%}"
        expect(page.locator("body")).to_contain_text(accuracy)
        assert not [url for url in asked if url.startswith("http")]


def bring(page: LabPage, file: Path) -> LabPage:
    """Upload a file to the import panel; returns the page."""
    page.settle()
    page.key("bring-in").locator("summary").click()
    page.settle()
    page.key("bring-file").locator("input[type=file]").set_input_files(file)
    expect(page.key("bring-file").get_by_text(file.name)).to_be_visible()
    page.settle()
    return page


def test_what_is_brought_in_is_what_was_taken_away(made: Made, visit: Visit) -> None:
    known = {run.id for run in made.store.runs()}
    page = bring(visit(made.server, "runs"), made.files["run"])
    page.key("bring-run").get_by_role("button").click()
    (again,) = wait_until(lambda: [run for run in made.store.runs() if run.id not in known])
    assert (again.name, again.state, again.network, again.training, again.epochs_done) == (
        "tiny",
        "finished",
        TINY,
        made.run.training,
        2,
    )
    assert again.best_val_accuracy == made.run.best_val_accuracy
    expect(page.main.get_by_role("heading", level=3)).to_have_text("tiny")
    page.page.wait_for_url(f"**runs={again.id}*")

    # A Keras model says nothing of its data: the reader does.
    known.add(again.id)
    page = bring(visit(made.server, "runs"), made.files["keras"])
    expect(page.page.get_by_role("combobox", name="Trained on")).to_have_value(re.compile("^Tiny digits, 8×8: "))
    page.key("bring-keras").get_by_role("button").click()
    (model,) = wait_until(lambda: [run for run in made.store.runs() if run.id not in known])
    assert (model.name, model.state, model.training.dataset) == ("tiny-epoch-2", "finished", "digits-8x8")
    assert model.network.layers == TINY.layers
    expect(page.main.get_by_role("heading", level=3)).to_have_text("tiny-epoch-2")


def test_any_file_is_answered(made: Made, visit: Visit, tmp_path: Path) -> None:
    wrong = tmp_path / "holiday.zip"
    with zipfile.ZipFile(wrong, "w") as archive:
        archive.writestr("beach.txt", "sand")
    before = len(made.store.runs())
    page = bring(visit(made.server, "runs"), wrong)
    page.key("bring-run").get_by_role("button").click()
    expect(page.main.get_by_text("This file contains no run, or it is damaged")).to_be_visible()
    for name, content, expected in (
        ("model.tflite", b"\x1c\x00\x00\x00TFL3", "This is a file of another format: LiteRT (TensorFlow Lite)."),
        ("MODEL.KERAS", b"damaged", "This is not a .keras file, or it is damaged"),
    ):
        (tmp_path / name).write_bytes(content)
        page.settle()
        page.key("bring-file").locator("input[type=file]").set_input_files(tmp_path / name)
        expect(page.main.get_by_text(expected)).to_be_visible()
    assert len(made.store.runs()) == before
