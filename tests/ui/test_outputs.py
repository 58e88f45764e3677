"""What every page says of a network whose outputs are not probabilities, and of one that outputs NaN."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Dense
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import builtin
from cnnlab.runs.run import Run
from cnnlab.training import snapshots
from cnnlab.training.events import Answers, Epoch, Started
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui.draw.state import ChosenNetwork, DrawState
from tests.ui.page import Page
from tests.waiting import ended

LOST = "Since epoch 2, the network's weights are NaN or infinite: its training diverged, so it predicts nothing."
SCORES = "The last layer has no softmax: its outputs are scores, not probabilities."


@pytest.fixture(scope="module")
def lab(lab_with_workers: Lab) -> Lab:
    return lab_with_workers


@pytest.fixture(scope="module")
def logits(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> Run:
    """A run without softmax, the outputs of whose last snapshot are far from any probability."""
    run = ended(lab, lab.runs.start(tiny.replace(layers=(*tiny.layers[:2], Dense(units=10))), quick, name="logits"))
    weights = lab.snapshots.weights(run.id, Moment(2))
    enlarged = {**weights, "dense": tuple(300 * array for array in weights["dense"])}
    snapshots.save(lab.store.folder(run.id), Moment(2), enlarged)
    return run


@pytest.fixture(scope="module")
def lost(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> Run:
    """A run whose weights are NaN after its second epoch."""
    run = ended(lab, lab.runs.start(tiny, quick, name="lost"))
    weights = lab.snapshots.weights(run.id, Moment(2))
    gone = {name: tuple(np.nan * array for array in arrays) for name, arrays in weights.items()}
    snapshots.save(lab.store.folder(run.id), Moment(2), gone)
    return run


def looking_at(page: str, run: Run) -> Page:
    """The page as it is for a reader who followed this run."""
    found = Page("home")
    found.me.run = run.id
    found.app.switch_page(f"pages/{page}.py")
    return found.run()


def opened(page: Page) -> Page:
    """Open the charts of Feature maps."""
    page.app.session_state["maps-charts"] = True
    return page.run()


def drawing(first: str, *others: str) -> Page:
    """Draw with these networks and an image of a dataset."""
    page = Page("home")
    page.me.run = first
    page.me.rooms[DrawState] = DrawState(others=[ChosenNetwork(run) for run in others])
    page.app.switch_page("pages/draw.py")
    page.app.session_state["draw-source"] = "sample"
    return page.run()


def percentages(page: Page) -> bool:
    return "%" in page.text


def test_draw_shows_scores(lab: Lab, logits: Run) -> None:
    page = drawing(logits.id)
    assert "### Prediction: **" in page.text and "(score " in page.text
    assert page.text.count(SCORES) == 1 and not percentages(page)
    assert [one["kind"] for one in page.charts("draw-live")["networks"]] == ["scores"]
    page.tab("draw-tabs", 2)
    assert "Prediction after the transform: " in page.text and not percentages(page)
    assert "tickformat" not in page.figure("dial-sweep")["layout"]["yaxis"]


def test_draw_compares_a_network_with_one_that_predicts_nothing(lab: Lab, lost: Run) -> None:
    page = drawing(lost.id, builtin.ID)
    assert page.text.count(LOST) == 1 and "**lost**" in page.text
    assert "### Prediction: **" in page.text and percentages(page)
    assert [one["kind"] for one in page.charts("draw-live")["networks"]] == ["probabilities"]
    alone = drawing(lost.id)
    assert LOST in alone.text and "Prediction" not in alone.text and alone.drawn == []
    # Another network can be chosen.
    assert alone.app.selectbox(key="draw-run").options
    assert "Compare" in [one.proto.popover.label for one in alone.app.get("popover")]


def test_evaluate_measures_no_calibration_of_scores(lab: Lab, logits: Run) -> None:
    page = looking_at("evaluate", logits)
    shown = page.charts("evaluate-reliability")
    assert shown["figures"] == []
    numbers = dict(shown["numbers"])
    assert numbers["Calibration error"] == "–" and numbers["Accuracy"].endswith("%")
    assert SCORES in page.text
    # The snapshot is another one than training reported on.
    assert "After epoch 2, training reported a validation loss of" in page.text
    page.tab("evaluate-tabs", 2)
    (key,) = (key for key in page.drawn if key.startswith("gallery-"))
    hovers = page.traces(key)[-1]["hovertext"]
    assert all("(score " in text and "%" not in text for text in hovers)


@pytest.mark.parametrize("name", ["evaluate", "maps"])
def test_a_page_says_once_that_a_network_predicts_nothing(lab: Lab, lost: Run, name: str) -> None:
    page = looking_at(name, lost)
    assert page.text.count(LOST) == 1
    assert "Choose a snapshot from before that epoch" in page.text
    # Another snapshot can be chosen on the stage.
    assert page.drawn == (["maps-stage"] if name == "maps" else [])
    assert "dead" not in page.text and not percentages(page)


def test_filters_of_scores_and_of_nan(lab: Lab, logits: Run, lost: Run) -> None:
    page = looking_at("filters", logits).tab("filter-tabs", 2)
    assert "Prediction at this snapshot: " in page.text and "(score " in page.text and SCORES in page.text
    page = looking_at("filters", lost).tab("filter-tabs", 2)
    assert page.text.count(LOST) == 1 and page.drawn == ["filters-stage"]


def test_feature_maps_end_in_scores(lab: Lab, logits: Run) -> None:
    page = opened(looking_at("maps", logits))
    assert page.text.count(SCORES) == 1
    assert page.figure("maps-all", 2)["layout"]["yaxis"]["title"]["text"] == "Score"


def test_feature_maps_up_to_the_layer_that_overflows(lab: Lab, logits: Run) -> None:
    weights = lab.snapshots.weights(logits.id, Moment(1))
    huge = {**weights, "dense": tuple(np.full_like(array, 3e38) for array in weights["dense"])}
    snapshots.save(lab.store.folder(logits.id), Moment(3), huge)
    try:
        page = opened(looking_at("maps", logits))
        assert "The network's outputs are NaN or infinite" in page.text
        assert "Values are NaN or infinite from the layer dense on." in page.text
        assert len(page.charts("maps-all")["figures"]) == 2
    finally:
        (lab.store.folder(logits.id) / "snapshots" / Moment(3).file).unlink()


def test_before_export(lab: Lab, lost: Run, logits: Run) -> None:
    problem = lab.exports.problem(lost)
    assert problem and str(problem).startswith(LOST)
    assert lab.exports.problem(logits) is None
    assert "Since epoch 2, the network&#x27;s weights" in lab.exports.report(lost).content.decode()


def test_train_shows_no_predictions_of_nan(lab: Lab, tiny: NetworkSpec, quick: TrainingSpec) -> None:
    run = lab.store.create("gone", "", tiny, quick, "here").id
    lab.store.append(run, Started(epochs=2, steps=5, train_images=240, validation_images=60, parameters=750))
    nan = {"loss": np.nan, "accuracy": np.nan, "val_loss": np.nan, "val_accuracy": np.nan}
    for number, figures in ((1, {"loss": 2.0, "accuracy": 0.2, "val_loss": 2.0, "val_accuracy": 0.2}), (2, nan)):
        rest = {"seconds": 1.0, "learning_rate": 0.1, "examples_per_second": 1.0}
        lab.store.append(run, Epoch(epoch=number, **figures, **rest))
    lab.store.append(run, Answers(epoch=2, predictions=(-1, -1)))
    lab.store.set_state(run, "finished")
    page = looking_at("train", lab.runs.get(run))
    assert "Since epoch 2, the network's outputs are NaN or infinite: its training diverged" in page.text
    assert "mistake" not in page.text and [key for key in page.drawn if key.startswith("answers-")] == []
    numbers = dict(page.charts(f"curves-{run}")["numbers"])
    assert numbers["Validation loss"] == numbers["Accuracy"] == numbers["Validation accuracy"] == "NaN"
