"""Pages with a run on an image set, in a Lab with workers: as it was, changed, and deleted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnnlab.datasets.image_sets import ImageSet, Shape, Shares
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs.run import Run
from cnnlab.training.spec import TrainingSpec
from tests.datasets.image_sets.made import png, zip_file
from tests.ui.page import Page
from tests.waiting import ended

# A word of the interface, Korean, and Markdown.
CLASSES = ("Train", "고양이", "a *b* $1")
COUNTS = (60, 20, 20)


@pytest.fixture(scope="module")
def lab(lab_with_workers: Lab) -> Lab:
    return lab_with_workers


@pytest.fixture(scope="module")
def made(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> ImageSet:
    files = {
        f"{name}/{k}.png": png(100 * n + k, 9, 9, 3)
        for n, (name, count) in enumerate(zip(CLASSES, COUNTS, strict=True))
        for k in range(count)
    }
    source = zip_file(tmp_path_factory.mktemp("files") / "things.zip", files)
    shares = Shares(keep_together=False)
    return lab.image_sets.create(source, name="My *things*", shape=Shape(9, True), shares=shares)


@pytest.fixture(scope="module")
def run(lab: Lab, made: ImageSet) -> Run:
    layers = Conv2D(filters=2, activation="relu"), Flatten(), Dense(units=3, activation="softmax")
    network = NetworkSpec(name="three", input_shape=(9, 9, 3), layers=layers)
    return ended(lab, lab.runs.start(network, TrainingSpec(dataset=made.id, epochs=2, batch_size=8), name="first"))


def on(page: str, run: Run, **parameters: str) -> Page:
    """A page as it is for a reader who follows this run."""
    opened = Page("home")
    opened.me.run = run.id
    opened.app.query_params.update(parameters)
    opened.app.switch_page(f"pages/{page}.py")
    return opened.run()


def test_build_takes_the_form_of_the_images(made: ImageSet) -> None:
    page = Page("build")
    (chooser,) = (one for one in page.app.selectbox if one.label == "Data")
    assert "My *things*" in chooser.options
    chooser.set_value(made.id)
    page.run()
    assert page.me.training.dataset == made.id
    assert page.me.network.input_shape == (9, 9, 3)
    # Ten outputs are not enough or too many for three classes: said at the layer, with a fix.
    assert "3" in page.text and page.app.error


def test_train_says_what_is_special_about_the_images(made: ImageSet, run: Run) -> None:
    page = Page("train")
    page.me.design(run.network, TrainingSpec(dataset=made.id))
    page.run()
    assert "Imbalanced classes: Train has 3.0 times as many training images as" in page.text
    assert "My *things* · 10 epochs" in page.text


@pytest.mark.parametrize("name", ["train", "evaluate", "maps", "filters", "draw", "runs", "home", "data"])
def test_every_page_shows_the_run(run: Run, name: str) -> None:
    page = on(name, run)
    assert not page.app.error
    assert "has changed since" not in page.text and "is not in this Lab" not in page.text


def test_the_confusion_matrix_has_the_names_of_the_classes(run: Run) -> None:
    page = on("evaluate", run)
    page.tab("evaluate-tabs", 1)
    (trace, *_others) = page.traces("confusion")
    assert trace["type"] == "heatmap"
    names = page.figure("confusion")["layout"]["xaxis"]["ticktext"]
    assert sorted(names) == sorted(CLASSES)


def test_a_korean_reader_gets_the_names_as_they_are(run: Run) -> None:
    page = on("evaluate", run, lang="ko")
    page.tab("evaluate-tabs", 1)
    # “Train” is a word of the interface.
    assert "Train" in page.figure("confusion")["layout"]["xaxis"]["ticktext"]


def test_a_changed_and_a_deleted_set_are_said_at_the_run(lab: Lab, made: ImageSet, run: Run) -> None:
    copied = lab.image_sets.create(_exported(lab, made))
    second = ended(lab, lab.runs.start(run.network, run.training.replace(dataset=copied.id, epochs=1), name="second"))
    lab.image_sets.change(copied.id, shares=Shares(seed=7, keep_together=False))
    for name in ("train", "evaluate"):
        assert "The image set “My *things*” has changed since this run started." in on(name, second).text
    lab.image_sets.delete(copied.id)
    for name in ("train", "evaluate", "maps", "draw", "data"):
        page = on(name, second, data=copied.id) if name == "data" else on(name, second)
        if name in ("train", "evaluate"):
            assert "The image set “My *things*” of this run is not in this Lab." in page.text
    # The network still answers.
    image = np.zeros((1, 9, 9, 3), np.float32)
    assert lab.inference.probabilities(second, lab.snapshots.final(second.id), image).shape == (1, 3)


def _exported(lab: Lab, made: ImageSet) -> Path:
    target = lab.settings.home / "exported.zip"
    lab.image_sets.export_zip(made.id, target)
    return target


def test_a_link_with_an_image_set_of_another_lab(run: Run) -> None:
    page = Page("build")
    page.me.design(run.network, TrainingSpec(dataset="set-00000000"))
    page.run()
    (chooser,) = (one for one in page.app.selectbox if one.label == "Data")
    assert chooser.value == "set-00000000" and "Image set set-00000000, not in this Lab" in chooser.options
    page.app.switch_page("pages/train.py")
    page.run()
    page.press("start")
    assert "There is no image set “set-00000000”; it may have been deleted." in page.text
