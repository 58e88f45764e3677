"""Links, the quiz, measures, and the figures of the interactive parts."""

from __future__ import annotations

import math
import random

import keras
import numpy as np
import plotly.graph_objects as go
import pytest

from cnnlab.figures.accuracy_by_shift import shifts_figure
from cnnlab.figures.activations import activations_data, activations_figure
from cnnlab.figures.crossentropy import crossentropy_figure, loss
from cnnlab.figures.dropout import dropout_data, dropout_figure
from cnnlab.figures.style import to_json
from cnnlab.lessons import LESSONS, links, quiz
from cnnlab.lessons.measures import MEASURES, NOTHING, images
from cnnlab.lessons.quiz import Case
from cnnlab.runs.run import Run
from cnnlab.training.events import Answers, Epoch, Finished
from cnnlab.training.history import History
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec

RELU = LESSONS["relu"]


def test_link_round_trip() -> None:
    address = links.write("http://lab/learn", RELU, ["faster", "data"], "full", "quick")
    assert address == "http://lab/learn?lesson=relu&hide=faster,data&data=full&length=quick"
    view = links.read(RELU, {"hide": "faster,data", "data": "full", "length": "quick"})
    assert (view.hidden, view.data, view.length, view.unknown) == ({"faster", "data"}, "full", "quick", ())
    assert not view.shows("faster") and view.shows("train")
    assert links.write("learn", RELU, []) == "learn?lesson=relu"


def test_unknown_names_in_a_link_are_listed() -> None:
    view = links.read(RELU, {"hide": " train, nosuch,,<b>", "data": "everything", "length": ""})
    assert view.hidden == {"train"}
    assert (view.data, view.length) == ("", "")
    assert view.unknown == ("nosuch", "<b>", "data=everything")


@pytest.mark.parametrize(
    ("case", "answer", "written"),
    [
        (Case(28, 3, 1, "valid"), 26, "(28 - 3 + 2·0) / 1 + 1 = 26"),
        (Case(28, 3, 1, "same"), 28, "(28 - 3 + 2·1) / 1 + 1 = 28"),
        (Case(8, 7, 3, "valid"), 1, "⌊(8 - 7 + 2·0) / 3⌋ + 1 = 1"),
        (Case(20, 5, 3, "same"), 7, "(20 - 5 + 3) / 3 + 1 = 7"),
    ],
)
def test_quiz_case(case: Case, answer: int, written: str) -> None:
    assert (case.answer, case.written) == (answer, written)


def test_quiz_cases_match_keras_and_never_repeat() -> None:
    chance, before = random.Random(3), None
    for _ in range(40):
        case = quiz.new(chance, before)
        assert case != before
        layer = keras.layers.Conv2D(1, case.kernel, strides=case.stride, padding=case.padding)
        assert layer.compute_output_shape((None, case.length, case.length, 1))[1] == case.answer
        before = case


def epoch(number: int, val_loss: float, val_accuracy: float) -> Epoch:
    return Epoch(
        epoch=number,
        loss=0.5,
        accuracy=0.9,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        seconds=1.5,
        learning_rate=0.001,
        examples_per_second=100.0,
    )


def measured(history: History, test_accuracy: float | None = None) -> dict[str, str]:
    run = Run(
        "id", "name", "who", "finished", *([None] * 2), 0.0, None, None, 1, "", None, "", test_accuracy=test_accuracy
    )  # type: ignore[arg-type]
    labels = np.array([1, 2, 3, 4])
    return {name: measure(run, history, (np.zeros((4, 2, 2, 1)), labels)) for name, measure in MEASURES.items()}


def test_measures_refer_to_the_kept_epoch() -> None:
    history = History()
    assert set(measured(history).values()) == {NOTHING}
    for event in (epoch(1, 0.8, 0.7), epoch(2, 0.6, 0.85), epoch(3, 0.7, 0.8), Answers(epoch=3, predictions=(1, 2, 0))):
        history.add(event)
    history.add(Finished(reason="early", kept_epoch=2))
    assert measured(history, 0.84) == {
        "loss": "0.6000",
        "accuracy": "85.00%",
        "training_accuracy": "90.00%",
        "gap": "+0.1000",
        "first_accuracy": "70.00%",
        "seconds": "4.5",
        "epochs": "3",
        "wrong": "1",
        "test_accuracy": "84.00%",
    }


def test_number_of_images_of_a_run() -> None:
    few, all_of_them = TrainingSpec(train_size=1000), TrainingSpec(dataset="fashion-mnist")
    for training, count in ((few, 1000), (all_of_them, 60_000)):
        assert (
            images(
                Run(
                    "id",
                    "name",
                    "who",
                    "finished",
                    RECIPES["mlp-relu"].network,
                    training,
                    0.0,
                    None,
                    None,
                    1,
                    "",
                    None,
                    "",
                )
            )
            == count
        )


def test_a_nan_loss_is_shown_as_a_dash() -> None:
    history = History()
    history.add(epoch(1, math.nan, 0.1))
    assert measured(history)["loss"] == NOTHING


@pytest.mark.parametrize("x", [-6.0, -1.0, 0.0, 0.5, 5.0])
def test_functions_and_slopes_match_keras(x: float) -> None:
    data = activations_data(x)
    for name in ("sigmoid", "relu"):
        variable = keras.Variable(x)
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = keras.activations.get(name)(variable.value)
        assert getattr(data, name).value == pytest.approx(float(value), abs=1e-6)
        assert getattr(data, name).slope == pytest.approx(float(tape.gradient(value, variable.value)), abs=1e-6)


def test_the_loss_matches_keras() -> None:
    label, prediction = np.array([[0.0, 1.0, 0.0]]), np.array([[0.2, 0.3, 0.5]])
    assert loss(0.3) == pytest.approx(float(keras.losses.categorical_crossentropy(label, prediction)[0]), abs=1e-6)


def test_dropout_keeps_the_sum_on_average() -> None:
    data = dropout_data(0.5, 1)
    assert data.scale == 2.0 and len(data.outputs) == 20 and 3 <= data.off <= 17
    assert all(after in (0.0, 2 * before) for before, after in zip(data.outputs, data.training, strict=True))
    mean = np.mean([sum(dropout_data(0.5, batch).training) for batch in range(2000)])
    assert mean == pytest.approx(sum(data.outputs), rel=0.02)
    assert dropout_data(0.0, 7).training == dropout_data(0.0, 8).outputs


@pytest.mark.parametrize(
    "figure",
    [
        activations_figure(activations_data(1.0), "value"),
        activations_figure(activations_data(-6.0), "slope"),
        crossentropy_figure(0.25),
        dropout_figure(dropout_data(0.5, 1)),
        shifts_figure((-1, 0, 1), {"with": (0.5, 0.9, 0.6), "without": (0.4, 0.9, math.nan)}),
    ],
)
def test_every_figure_is_valid(figure: dict[str, object]) -> None:
    built = go.Figure(figure)
    assert built.layout.xaxis.title.text and built.layout.yaxis.title.text
    assert to_json(figure)
