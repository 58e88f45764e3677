"""Accuracy against cost, and curves that begin where they left another: the data by equality, the figures by Plotly."""

from __future__ import annotations

import math

import plotly.graph_objects as go
import pytest

from cnnlab.figures.history import Branch, Curve, history_data, history_figure
from cnnlab.figures.pareto import COSTS, Group, ParetoData, RunPoint, pareto_data, pareto_figure
from cnnlab.figures.style import TRAINING, VALIDATION, to_json
from cnnlab.training.events import Batch, Epoch
from cnnlab.training.history import History
from tests.evaluation.test_run_differences import run

SMALL = run(name="small", parameters=100, multiply_adds=5000, seconds=2.0, best_val_accuracy=0.8, best_epoch=3)
LARGE = run(name="<b>large</b>", parameters=9000, multiply_adds=7000, seconds=1.0, best_val_accuracy=0.9, best_epoch=5)
POOR = run(name="poor", parameters=9500, multiply_adds=9000, seconds=3.0, best_val_accuracy=0.7, best_epoch=1)
ELSEWHERE = run(name="other", parameters=200, seconds=1.0, best_val_accuracy=0.5, best_epoch=1, dataset="mnist")
NEW = run(name="new", parameters=1)


def test_points_and_fronts_by_dataset() -> None:
    small, large = RunPoint("small", 100.0, 0.8, 3), RunPoint("<b>large</b>", 9000.0, 0.9, 5)
    poor, other = RunPoint("poor", 9500.0, 0.7, 1), RunPoint("other", 200.0, 0.5, 1)
    assert pareto_data([POOR, LARGE, NEW, ELSEWHERE, SMALL], "parameters") == ParetoData(
        "parameters",
        (Group("MNIST, 5,000 digits", (poor, large, small), (small, large)), Group("MNIST digits", (other,), (other,))),
    )
    assert [point.name for point in pareto_data([SMALL, LARGE, POOR], "seconds").groups[0].front] == ["<b>large</b>"]
    assert pareto_data([NEW], "seconds") == ParetoData("seconds", ())


@pytest.mark.parametrize("cost", COSTS)
def test_every_cost_is_a_figure(cost: str) -> None:
    shown = go.Figure(pareto_figure(pareto_data([SMALL, LARGE, ELSEWHERE, POOR], cost)))  # type: ignore[arg-type]
    assert [trace.mode for trace in shown.data] == ["markers+text", "lines"] * 2
    assert shown.layout.xaxis.title.text == COSTS[cost]  # type: ignore[index]


def test_the_figure() -> None:
    shown = go.Figure(pareto_figure(pareto_data([SMALL, LARGE, POOR], "parameters")))
    points, front = shown.data
    # A stranger's name is a text, not markup.
    assert points.text == ("small", "&lt;b&gt;large&lt;/b&gt;", "poor")
    assert points.hovertext[1] == "&lt;b&gt;large&lt;/b&gt;: 90.00% in epoch 5"
    assert points.marker.size == (12, 12, 8)
    assert (front.x, front.y) == ((100.0, 9000.0), (0.8, 0.9))
    # From 100 to 9,500: by powers of ten. Seconds, from 1 to 3, are not.
    assert shown.layout.xaxis.type == "log"
    assert go.Figure(pareto_figure(pareto_data([SMALL, POOR], "seconds"))).layout.xaxis.type == "linear"


def test_many_points_have_their_names_on_hover_only() -> None:
    shown = go.Figure(pareto_figure(pareto_data([SMALL] * 13, "parameters")))
    assert shown.data[0].mode == "markers"
    assert to_json(pareto_figure(pareto_data([], "parameters")))


def _epoch(number: int, loss: float) -> Epoch:
    return Epoch(
        epoch=number, loss=loss, accuracy=0.5, val_loss=loss * 2, val_accuracy=0.25, seconds=2.0, learning_rate=0.001,
        examples_per_second=100.0, at=float(number),
    )  # fmt: skip


def _history() -> History:
    history = History()
    history.add(Batch(epoch=1, step=1, steps=4, loss=3.0, accuracy=0.1, examples_per_second=50.0, at=0.5))
    for number, loss in ((1, 0.5), (2, 0.25)):
        history.add(_epoch(number, loss))
    return history


def test_a_fork_begins_in_the_point_that_it_left() -> None:
    data = history_data(_history(), "loss", "fork", Branch(3, _epoch(3, 0.75)), best=2)
    assert data.batches == Curve((3.25, 4.0, 4.0), (3.0, 0.5, math.nan))
    assert data.training == Curve((3.0, 4.0, 5.0), (0.75, 0.5, 0.25))
    assert data.validation == Curve((3.0, 4.0, 5.0), (1.5, 1.0, 0.5))
    assert data.best == (5.0, 0.5)
    # The parent's report is not known any more: it begins with its own first one.
    assert history_data(_history(), "loss", "fork", Branch(3)).training == Curve((4.0, 5.0), (0.5, 0.25))


def test_the_best_epoch_is_marked() -> None:
    data = [history_data(_history(), "accuracy", name, best=best) for name, best in (("a", 1), ("b", None), ("c", 9))]
    shown = go.Figure(history_figure(data, "accuracy", within=False))
    assert [trace.name for trace in shown.data] == [
        *("a: training", "a: validation", "a: best epoch"),
        *("b: training", "b: validation"),
        *("c: training", "c: validation"),
    ]
    star = shown.data[2]
    assert (star.x, star.y, star.marker.symbol) == ((1.0,), (0.25,), "star")
    assert {trace.line.color for trace in shown.data if trace.mode == "lines+markers"} == {TRAINING, VALIDATION}
