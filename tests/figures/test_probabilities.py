from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.figures.style import TRAINING, VALIDATION, to_json


def test_the_best_stands_out() -> None:
    data = probabilities_data(np.array([0.004, 0.6, 0.39596], np.float32), ("zero", "one", "two"))
    assert data.shares == (0.004, 0.6, 0.396)
    assert data.best == 1
    figure = go.Figure(probabilities_figure(data, str.upper, height=123))
    (bars,) = figure.data
    assert list(bars.x) == ["zero", "one", "two"]
    assert list(bars.y) == [0.004, 0.6, 0.396]
    assert list(bars.text) == ["", "60%", "40%"]
    assert (bars.textposition, bars.textangle) == ("outside", 0), "never turned round, however narrow the bar"
    assert list(bars.marker.color) == [TRAINING, VALIDATION, TRAINING]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("CLASS", "PROBABILITY")
    assert figure.layout.height == 123


def test_of_two_that_are_alike_the_first_is_best() -> None:
    assert probabilities_data(np.full(4, 0.25), tuple("abcd")).best == 0


def test_a_network_that_has_exploded_has_no_bars() -> None:
    figure = probabilities_figure(probabilities_data(np.full(2, np.nan), ("a", "b")))
    assert figure["data"][0]["y"] == [None, None]
    assert figure["data"][0]["text"] == ["", ""]
    to_json(figure)


def test_scores_are_no_percentages() -> None:
    data = probabilities_data(np.array([3.176, -12.9, 0.0], np.float32), ("a", "b", "c"), "scores")
    assert data.best == 0
    figure = go.Figure(probabilities_figure(data))
    (bars,) = figure.data
    assert list(bars.text) == ["3.18", "-12.9", "0"]
    assert figure.layout.yaxis.title.text == "Score"
    assert (figure.layout.yaxis.range, figure.layout.yaxis.tickformat) == (None, None), "as far as the scores go"
    assert "%}" not in bars.hovertemplate
