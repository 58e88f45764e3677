"""The Evaluate page with the answers of a real network, which the workers compute."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from cnnlab.evaluation.metrics import Evaluation
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Conv2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import builtin
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui.evaluate.state import EvaluateState
from tests.ui.page import Page
from tests.waiting import ended


@pytest.fixture(scope="module")
def lab(lab_with_workers: Lab) -> Lab:
    return lab_with_workers


@pytest.fixture(scope="module")
def run(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> Run:
    """A run that makes some mistakes: two epochs of 300 images."""
    return ended(lab, lab.runs.start(tiny, quick.replace(learning_rate=0.02), name="mistaken"))


@pytest.fixture(scope="module")
def found(lab: Lab, run: Run) -> Evaluation:
    """What it says to its validation images."""
    return lab.evaluation.evaluate(run, Moment(2), "validation")


@pytest.fixture
def page(run: Run) -> Page:
    return looking_at(run)


def looking_at(run: Run) -> Page:
    """The page as it is for a reader who followed this run."""
    page = Page("home")
    page.me.run = run.id
    page.app.switch_page("pages/evaluate.py")
    page.run()
    return page


def numbers(page: Page) -> list[str]:
    """The large figures: accuracy, loss, images, wrong, calibration error."""
    return [value for _, value in page.charts("evaluate-reliability")["numbers"]]


def said(found: Evaluation) -> np.ndarray:
    return found.probabilities.argmax(axis=1)


def gallery(page: Page) -> list[str]:
    """The texts of the pictures in the only gallery."""
    (key,) = (key for key in page.drawn if key.startswith("gallery-"))
    texts: list[str] = page.traces(key)[-1]["hovertext"]
    return texts


def choose(page: Page, which: str) -> Page:
    """Evaluate on other images."""
    (images,) = (one for one in page.app.selectbox if str(one.key).startswith("evaluate-which-"))
    images.set_value(which)
    return page.run()


def test_the_figures_are_those_of_the_answers(page: Page, found: Evaluation) -> None:
    right = said(found) == found.labels
    surest = np.clip(found.probabilities[np.arange(60), found.labels], 1e-7, 1)
    assert numbers(page)[:4] == [f"{right.mean():.2%}", f"{-np.log(surest).mean():.4f}", "60", str((~right).sum())]
    assert 10 < (~right).sum() < 50
    rows = page.table("%")
    assert [(row[0], row[3]) for row in rows] == [(str(k), str((found.labels == k).sum())) for k in range(10)]
    for k, row in enumerate(rows):
        recall = right[found.labels == k].mean()
        assert row[2] == f"{recall:.1%}"


def test_a_model_from_elsewhere_has_no_images_that_are_known_to_be_new(lab: Lab, tmp_path: Path) -> None:
    """MNIST's 5,000 digits are all training images of MNIST; where MNIST is, its test images are used instead."""
    layers = keras.layers
    for size, said in (
        ((28, 28, 1), "All images of MNIST, 5,000 digits are training images of MNIST digits"),
        ((8, 8, 1), "These are the test images of Tiny digits, 8×8"),
    ):
        keras.Sequential([keras.Input(size), layers.Flatten(), layers.Dense(10, "softmax")]).save(
            tmp_path / "theirs.keras"
        )
        model = lab.imports.examine((tmp_path / "theirs.keras").read_bytes(), "theirs")
        run = lab.runs.get(lab.imports.keras(model, dataset=model.datasets[0], pixels="0..1"))
        page = looking_at(run)
        assert said in page.text
        (images,) = (one for one in page.app.selectbox if str(one.key).startswith("evaluate-which-"))
        assert images.options[0] == "Test images" and "Validation images" not in images.options
        # A figure on images that were probably seen is none for the table.
        noted = lab.runs.get(run.id).test_accuracy
        assert (noted is None) == (size == (28, 28, 1))
        assert lab.test_sets.dataset(run) == model.datasets[0]


@pytest.mark.parametrize(("validation", "which"), [("test", "Test images"), ("split", "Validation images")])
def test_a_fork_of_a_model_from_elsewhere_says_so_everywhere(
    lab: Lab, quick: TrainingSpec, tmp_path: Path, validation: str, which: str
) -> None:
    layers = keras.layers
    keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, "softmax")]).save(
        tmp_path / "theirs.keras"
    )
    model = lab.imports.examine((tmp_path / "theirs.keras").read_bytes(), "theirs")
    theirs = lab.imports.keras(model, dataset="mnist-5k", pixels="0..1")
    fork = lab.runs.fork(theirs, 1, quick.replace(dataset="mnist-5k", epochs=1, validation=validation), name="ours")
    run = ended(lab, fork)
    said = "This run started with a network that was trained outside CNN Lab, and it is not known on which images."
    page = looking_at(run)
    (images,) = (one for one in page.app.selectbox if str(one.key).startswith("evaluate-which-"))
    assert images.options[0] == which and page.text.count(said) == 1
    if validation == "test":
        assert "All images of MNIST, 5,000 digits are training images of MNIST digits" in page.text
        assert "This run used the test set for validation" in page.text
    else:
        assert "Its validation images may be among them" in page.text
    assert lab.runs.get(fork).test_accuracy is None
    # Its accuracy appears on these pages, too.
    for other in (Page("runs", runs=fork), Page("train", run=fork)):
        assert f"{said} Its validation images may be among them" in other.text
    both = Page("runs", runs=f"{fork},{theirs}")
    assert "Trained outside CNN Lab, or forked from such a run: ours, theirs." in both.text
    board = Page("runs")
    board.app.session_state["runs-leaderboard"] = True
    board.run().app.selectbox(key="board-data").set_value("mnist-5k")
    assert "Trained outside CNN Lab, or forked from such a run: ours" in board.run().text
    assert said in lab.exports.report(run).content.decode()


def test_another_moment_has_other_figures(page: Page, lab: Lab, run: Run) -> None:
    (moments,) = (one for one in page.app.select_slider if str(one.key).startswith("evaluate-moment-"))
    moments.set_value(0)
    page.run()
    before = lab.evaluation.evaluate(run, Moment(0), "validation")
    assert page.me.moment == Moment(0)
    assert numbers(page)[0] == f"{(said(before) == before.labels).mean():.2%}"


def test_the_confusion_matrix_and_the_images_of_a_cell(page: Page, found: Evaluation) -> None:
    page.tab("evaluate-tabs", 1)
    counts: dict[tuple[int, int], int] = {}
    for truth, answer in zip(found.labels.tolist(), said(found).tolist(), strict=True):
        counts[truth, answer] = counts.get((truth, answer), 0) + 1
    texts = page.traces("confusion")[2]
    shown = {
        (int(y), int(x)): int(text) for x, y, text in zip(texts["x"], texts["y"], texts["text"], strict=True) if text
    }
    assert {cell: count for cell, count in shown.items() if count} == counts
    wrong = {cell: count for cell, count in counts.items() if cell[0] != cell[1]}
    (truth, answer), most = max(wrong.items(), key=lambda item: item[1])
    page.state(EvaluateState).cell = truth, answer
    page.run()
    assert f": {most}" in page.text
    hovers = gallery(page)
    assert len(hovers) == most
    assert all(text.startswith(f"{answer} (") and text.endswith(f" {truth}") for text in hovers)


def test_an_image_is_explained_and_sent_to_its_feature_maps(page: Page, found: Evaluation) -> None:
    page.tab("evaluate-tabs", 2)
    place = int(np.flatnonzero(said(found) != found.labels)[0])
    page.state(EvaluateState).image = place
    page.run()
    answer, truth = said(found)[place], found.labels[place]
    assert page.traces("example-one")[1]["text"][1:] == ["Grad-CAM", "Occlusion"]
    bars = page.traces("example-bars")[0]
    np.testing.assert_allclose(bars["y"], found.probabilities[place], atol=1e-3)
    assert f"{answer}" in page.text and f"{truth}" in page.text
    page.press("example-maps")
    assert page.title == "Feature maps"


def test_galleries_of_mistakes_of_doubt_of_a_class_and_of_all(page: Page, found: Evaluation) -> None:
    page.tab("evaluate-tabs", 2)
    right = said(found) == found.labels
    ranked = np.sort(found.probabilities, axis=1)
    closest = (ranked[:, -1] - ranked[:, -2]).argmin()
    assert len(gallery(page)) == (~right).sum() and page.frames(f"gallery-examples-{(~right).sum()}") == (~right).sum()
    orders = page.app.get_by_key("examples-order")
    orders.set_value("unsure")
    page.run()
    assert gallery(page)[0].startswith(f"{said(found)[closest]} ({ranked[closest, -1]:.1%})")
    page.app.get_by_key("examples-order").set_value("best")
    page.run()
    page.app.selectbox(key="examples-class").set_value(4)
    page.run()
    assert all(text.startswith("4 (") and text.endswith(" 4") for text in gallery(page))
    assert len(gallery(page)) == (right & (found.labels == 4)).sum()
    page.app.get_by_key("examples-order").set_value("all")
    assert len(gallery(page.run())) == 60


def test_training_on_with_the_worst_mistakes(page: Page, found: Evaluation, lab: Lab, run: Run) -> None:
    page.tab("evaluate-tabs", 2)
    page.app.session_state["more"] = True
    page.run()
    for key, value in (("more-count", 3), ("more-weight", 2), ("more-epochs", 1)):
        page.app.number_input(key=key).set_value(value)
    page.run().press("more-start")
    assert page.title == "Train" and page.me.run is not None
    more = ended(lab, page.me.run)
    assert (more.state, more.parent, more.epochs_done) == ("finished", run.id, 1)
    with np.load(lab.snapshots.folder(more.id) / "extra.npz") as extra:
        assert extra["x"].shape == (3, 8, 8, 1) and int(extra["weight"]) == 2
        wrong = np.flatnonzero(said(found) != found.labels)
        worst = wrong[np.argsort(-found.probabilities[wrong].max(axis=1), kind="stable")[:3]]
        np.testing.assert_array_equal(extra["y"], found.labels[worst])


def test_the_images_on_a_map(page: Page, found: Evaluation) -> None:
    page.tab("evaluate-tabs", 3)
    lines = page.traces("space-pca")
    assert [len(line["x"]) for line in lines[:10]] == np.bincount(found.labels, minlength=10).tolist()
    symbols = [symbol for line in lines[:10] for symbol in line["marker"]["symbol"]]
    (wrong,) = {lines[10]["marker"]["symbol"]}
    assert symbols.count(wrong) == (said(found) != found.labels).sum()


def test_a_network_that_is_no_recipe_has_nothing_to_reproduce(page: Page) -> None:
    page.tab("evaluate-tabs", 4)
    assert len(page.app.info) == 1


def test_the_test_set_is_sealed_until_the_seal_is_broken(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    run = ended(lab, lab.runs.start(tiny, quick.replace(epochs=1), name="sealed"))
    opened = lab.test_sets.openings("digits-8x8")
    page = choose(looking_at(run), "test")
    assert page.drawn == [] and lab.runs.get(run.id).test_accuracy is None
    page.press("evaluate-unseal")
    test = lab.evaluation.evaluate(run, Moment(1), "test")
    accuracy = float((said(test) == test.labels).mean())
    assert numbers(page)[0] == f"{accuracy:.2%}" and numbers(page)[2] == "360"
    assert lab.test_sets.openings("digits-8x8") == opened + 1
    # It is the run's figure from now on.
    assert lab.runs.get(run.id).test_accuracy == pytest.approx(accuracy)


def test_a_run_that_was_validated_on_the_test_set_has_nothing_to_seal(
    lab: Lab, tiny: NetworkSpec, quick: TrainingSpec
) -> None:
    run = ended(lab, lab.runs.start(tiny, quick.replace(epochs=1, validation="test", classes=(3, 8), train_size=60)))
    page = looking_at(run)
    assert numbers(page)[2] == str(len(lab.evaluation.evaluate(run, Moment(1), "test").labels))
    assert "3, 8" in page.text and "evaluate-unseal" not in page.buttons


def test_drawings_that_were_kept(lab: Lab, run: Run) -> None:
    picture = np.zeros((28, 28), np.float32)
    picture[4:24, 13:16] = 1
    lab.drawings.keep("one", 1, picture)
    page = Page("evaluate")
    page.app.selectbox(key="evaluate-run").set_value(builtin.ID)
    choose(page.run(), "collection:one")
    assert numbers(page)[2] == "1"
    # The images of the tiny network are too small for drawings.
    own = looking_at(run)
    (images,) = (one for one in own.app.selectbox if str(one.key).startswith("evaluate-which-"))
    assert len(images.options) == 2


def test_the_built_in_network_reads_nearly_all_test_images(lab: Lab) -> None:
    page = Page("evaluate")
    page.app.selectbox(key="evaluate-run").set_value(builtin.ID)
    page.run()
    assert numbers(page)[2] == "1,000" and float(numbers(page)[0].rstrip("%")) > 97
    page.tab("evaluate-tabs", 4)
    assert page.text


def test_a_run_whose_weights_are_lost_is_not_offered(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    wide = tiny.replace(layers=(Conv2D(filters=3, activation="relu"), *tiny.layers[1:]))
    run = ended(lab, lab.runs.start(wide, quick.replace(epochs=1), name="lost"))
    for file in (lab.snapshots.folder(run.id) / "snapshots").iterdir():
        file.unlink()
    page = looking_at(run)
    assert page.app.selectbox(key="evaluate-run").value != run.id
    assert not any("lost" in option for option in page.app.selectbox(key="evaluate-run").options)
