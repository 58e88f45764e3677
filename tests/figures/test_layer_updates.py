"""The figures of what is watched, and the marks where the learning rate was changed; by literal expectations."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from cnnlab.figures.history import Curve, history_data, history_figure
from cnnlab.figures.layer_updates import UpdatesData, rate_data, rate_figure, updates_data, updates_figure
from cnnlab.training.events import Batch, Epoch, LayerWatch, RateChanged, Watch
from cnnlab.training.history import History
from cnnlab.training.spec import Schedule


@pytest.fixture
def history() -> History:
    found = History()
    found.add(
        Batch(at=1, epoch=1, step=5, steps=10, loss=1, accuracy=0.5, examples_per_second=9, learning_rate=0.01)
    )  # fmt: skip
    found.add(RateChanged(at=2, epoch=0.5, learning_rate=0.002))
    found.add(
        Epoch(
            at=3, epoch=1, loss=0.9, accuracy=0.6, val_loss=0.8, val_accuracy=0.7, seconds=2, learning_rate=0.002,
            examples_per_second=9,
        )
    )  # fmt: skip
    return found


def watch(epoch: int, **layers: LayerWatch) -> Watch:
    return Watch(
        epoch=epoch, images=4, confusion=((2, 0), (1, 1)), layers=layers, processor_seconds=1, memory=10,
        batch_milliseconds=1, forward_milliseconds=0.1, backward_milliseconds=0.2, watching_seconds=0.01,
    )  # fmt: skip


def test_the_learning_rate_as_it_was_reported(history: History) -> None:
    data = rate_data(history)
    assert data == Curve((0.5, 1.0), (0.01, 0.002))
    assert list(go.Figure(rate_figure(data, "constant")).data[0].y) == [0.01, 0.002]


@pytest.mark.parametrize(
    ("schedule", "shape"), [("constant", "hv"), ("step", "hv"), ("exponential", "linear"), ("cosine", "linear")]
)
def test_a_rate_that_changes_steadily_is_no_staircase(schedule: Schedule, shape: str) -> None:
    assert rate_figure(Curve((0.5, 1.0), (0.01, 0.002)), schedule)["data"][0]["line"]["shape"] == shape


def test_a_short_run_has_marks_at_whole_epochs_only() -> None:
    for last, step in ((3.0, 1), (10.0, 1), (11.0, None)):
        curve = Curve((1.0, last), (0.1, 0.1))
        for figure in (rate_figure(curve, "constant"), updates_figure(UpdatesData(("dense",), (curve,)))):
            assert figure["layout"]["xaxis"].get("dtick") == step


def test_updates_against_weights_without_the_frozen_layer() -> None:
    frozen = LayerWatch(weights=1.0, updates=0.0)
    watches = [
        watch(1, conv2d=LayerWatch(weights=0.5, updates=0.001), dense=frozen),
        watch(2, conv2d=LayerWatch(weights=0.25, updates=0.001), dense=frozen),
    ]
    data = updates_data(watches)
    assert data == UpdatesData(("conv2d",), (Curve((1.0, 2.0), (0.002, 0.004)),))
    assert go.Figure(updates_figure(data)).layout.yaxis.type == "log"
    assert updates_data([]) == UpdatesData((), ())


def test_another_learning_rate_is_marked_in_both_charts(history: History) -> None:
    for metric in ("loss", "accuracy"):
        figure = go.Figure(history_figure([history_data(history, metric)], metric))  # type: ignore[arg-type]
        assert [(mark.x, mark.text) for mark in figure.layout.annotations] == [(0.5, "learning rate 0.002")]
        assert [(line.x0, line.x1) for line in figure.layout.shapes] == [(0.5, 0.5)]
