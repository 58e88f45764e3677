import math

import plotly.graph_objects as go

from cnnlab.figures.history import Curve, HistoryData, history_data, history_figure
from cnnlab.figures.style import to_json
from cnnlab.training.events import Batch, Epoch, Started
from cnnlab.training.history import History


def _epoch(number: int, at: float) -> Epoch:
    return Epoch(
        epoch=number, loss=1 / number, accuracy=0.5, val_loss=2 / number, val_accuracy=0.25, seconds=2.0,
        learning_rate=0.001, examples_per_second=100.0, at=at,
    )  # fmt: skip


def _batch(epoch: int, step: int, at: float) -> Batch:
    return Batch(epoch=epoch, step=step, steps=4, loss=3.0, accuracy=0.1, examples_per_second=50.0, at=at)


def _started(resumed: int = 0, at: float = 0.0) -> Started:
    return Started(
        epochs=4, steps=4, train_images=400, validation_images=100, parameters=10, resumed_epoch=resumed, at=at
    )


def _history(*events: Started | Batch | Epoch) -> History:
    history = History()
    for event in events:
        history.add(event)
    return history


def test_curves_of_a_run() -> None:
    history = _history(_started(), _batch(1, 2, 1.0), _epoch(1, 2.0), _batch(2, 1, 3.0), _epoch(2, 4.0))
    # Each epoch's running mean ends where its point stands, and the next begins anew.
    within = Curve((0.5, 1.0, 1.0, 1.25, 2.0, 2.0), (3.0, 1.0, math.nan, 3.0, 0.5, math.nan))
    assert history_data(history, "loss", "first") == HistoryData(
        "first", within, Curve((1.0, 2.0), (1.0, 0.5)), Curve((1.0, 2.0), (2.0, 1.0))
    )
    assert history_data(history, "accuracy").validation == Curve((1.0, 2.0), (0.25, 0.25))


def test_a_run_without_events_has_empty_curves() -> None:
    assert history_data(History(), "loss") == HistoryData("", Curve((), ()), Curve((), ()), Curve((), ()))


def test_many_batches_are_thinned_out_evenly_and_the_newest_is_shown() -> None:
    history = _history(_started(), *(_batch(k // 4 + 1, k % 4 + 1, float(k)) for k in range(1000)))
    x = history_data(history, "loss").batches.x
    assert len(x) == 201
    assert (x[:3], x[-2:]) == ((0.25, 1.5, 2.75), (249.0, 250.0))


def test_what_was_begun_anew_leaves_the_history() -> None:
    history = _history(
        _started(), _batch(1, 4, 1.0), _epoch(1, 2.0), _batch(2, 3, 3.0), _started(1, 4.0), _batch(2, 1, 5.0)
    )
    assert [(batch.epoch, batch.step) for batch in history.batches] == [(1, 4), (2, 1)]
    assert history.epochs_done == 1.25


def test_time_left_goes_by_the_last_whole_epoch() -> None:
    history = _history(_started(), _epoch(1, 2.0), _batch(2, 2, 3.0))
    assert history.share_done == 1.5 / 4
    assert history.seconds_left == 2.5 * 2.0


def test_before_the_first_epoch_time_left_goes_by_the_batches() -> None:
    assert _history(_started()).seconds_left is None
    assert _history(_started(), _batch(1, 2, 3.0)).seconds_left == 3.5 * 6.0


def test_the_figure_tells_training_from_validation_without_colour() -> None:
    data = history_data(_history(_started(), _epoch(1, 1.0)), "loss", "a")
    figure = go.Figure(history_figure([data, data._replace(name="b")], "loss", revision="run"))
    assert [trace.name for trace in figure.data][1:3] == ["a: training", "a: validation"]
    assert [trace.line.dash for trace in figure.data] == [None, None, "dash"] * 2
    assert figure.layout.uirevision == "run"
    assert figure.layout.xaxis.title.text == "Epoch"


def test_a_loss_that_is_no_number_leaves_a_gap() -> None:
    data = HistoryData("", Curve((), ()), Curve((1.0, 2.0), (0.5, math.nan)), Curve((), ()))
    assert '"y":[0.5,null]' in to_json(history_figure([data], "loss"))


def test_beside_a_loss_in_the_thousands_the_others_can_be_seen() -> None:
    usual = history_data(_history(_started(), _epoch(1, 0.5)), "loss")
    wild = usual._replace(validation=Curve((1.0, 2.0), (math.nan, 5000.0)))
    assert "type" not in history_figure([usual], "loss")["layout"]["yaxis"]
    assert history_figure([usual, wild], "loss")["layout"]["yaxis"]["type"] == "log"
    assert "type" not in history_figure([usual, wild], "accuracy")["layout"]["yaxis"]


def test_a_name_is_no_markup() -> None:
    runs = [history_data(_history(_started(), _epoch(1, 0.5)), "loss", name) for name in ("<b>mine</b>", "a & b")]
    names = [trace["name"] for trace in history_figure(runs, "loss", within=False)["data"]]
    assert names[0] == "&lt;b&gt;mine&lt;/b&gt;: training"
    assert names[2] == "a &amp; b: training"


def test_a_long_history_is_one_line() -> None:
    history = _history(
        _started(), *(_batch(k + 1, 1, float(k)) for k in range(480)), *(_epoch(k + 1, 999.0) for k in range(480))
    )
    within = history_data(history, "loss").batches
    assert (within.x[:3], len(within.x), within.x[-1]) == ((0.25, 2.25, 4.25), 241, 479.25)
    assert set(within.y) == {3.0}
