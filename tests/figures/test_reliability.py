from __future__ import annotations

import json
import math

import numpy as np
import plotly.graph_objects as go

from cnnlab.evaluation.metrics import reliability
from cnnlab.figures.reliability import ReliabilityData, reliability_data, reliability_figure
from cnnlab.figures.style import to_json

BINS = reliability(np.array([[0.75, 0.25], [0.25, 0.75], [1.0, 0.0]], np.float32), np.array([0, 0, 0]), 4)


def test_the_data() -> None:
    data = reliability_data(BINS)
    assert data.centers == (0.125, 0.375, 0.625, 0.875)
    assert data.width == 0.25
    assert data.counts == (0, 0, 2, 1)
    assert data.accuracy[2:] == (0.5, 1.0) and data.confidence[2:] == (0.75, 1.0)
    assert all(map(math.isnan, (*data.accuracy[:2], *data.confidence[:2])))


def test_the_figure() -> None:
    figure = go.Figure(reliability_figure(reliability_data(BINS), lambda text: f"‹{text}›"))
    bars, diagonal = figure.data
    assert list(bars.y) == [None, None, 0.5, 1.0]
    assert list(bars.text) == ["", "", "2", "1"]
    assert bars.hovertext[:2] == ("", "")
    assert (list(diagonal.x), list(diagonal.y), diagonal.line.dash) == ([0, 1], [0, 1], "dash")
    assert (bars.name, diagonal.name) == ("‹Accuracy›", "‹Perfectly calibrated›")
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("‹Confidence›", "‹Accuracy›")
    in_words = reliability_figure(ReliabilityData((0.5,), 1.0, (0.7512,), (0.5,), (1234,)))["data"][0]
    assert in_words["hovertext"] == ["1,234 predictions, average confidence 75.1%, accuracy 50.0%"]
    assert in_words["text"] == ["1,234"]
    alone = reliability_figure(ReliabilityData((0.5,), 1.0, (0.7512,), (1.0,), (1,)))["data"][0]
    assert alone["hovertext"] == ["1 prediction, average confidence 75.1%, accuracy 100.0%"]


def test_what_is_no_number_leaves_a_gap() -> None:
    shown = json.loads(to_json(reliability_figure(reliability_data(BINS))))
    assert shown["data"][0]["y"] == [None, None, 0.5, 1.0]
