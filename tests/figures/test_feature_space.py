from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go

from cnnlab.figures.feature_space import COLORS, CORRECT_SYMBOL, MISTAKE_SYMBOL, scatter_data, scatter_figure
from cnnlab.figures.style import to_json

PLACES = np.array([[0.0, 1.0], [2.0, 3.0], [-4.0, 5.123456789], [6.0, 7.0]], np.float32)
LABELS = np.array([0, 1, 0, 1])
PROBABILITIES = np.array([[0.1, 0.9], [0.2, 0.8], [1.0, 0.0], [0.25, 0.75]], np.float32)
DATA = scatter_data(PLACES, LABELS, PROBABILITIES, ("cat", "dog"))


def test_the_data() -> None:
    assert DATA.x == (0, 2, -4, 6) and DATA.y == (1, 3, 5.1235, 7)
    assert (DATA.labels, DATA.predictions) == ((0, 1, 0, 1), (1, 1, 0, 1))
    assert DATA.confidence == (0.9, 0.8, 1.0, 0.75)


def test_very_small_and_very_large_maps_keep_their_places() -> None:
    for size in (1e-8, 1e8):
        data = scatter_data(PLACES * size, LABELS, PROBABILITIES, ("cat", "dog"))
        np.testing.assert_allclose(data.x, PLACES[:, 0] * size, rtol=1e-4)
    assert scatter_data(PLACES * 0, LABELS, PROBABILITIES, ("cat", "dog")).y == (0, 0, 0, 0)


def test_a_click_finds_its_image() -> None:
    assert [DATA.nearest(x, y) for x, y in zip(DATA.x, DATA.y, strict=True)] == [0, 1, 2, 3]
    assert DATA.nearest(1.9, 3.2) == 1


def test_a_trace_for_each_class_with_its_mistakes_on_top() -> None:
    figure = go.Figure(scatter_figure(DATA, lambda text: f"‹{text}›"))
    cats, dogs, legend = figure.data
    assert [trace.name for trace in figure.data] == ["‹cat›", "‹dog›", "‹mistake›"]
    assert (list(cats.x), list(cats.y)) == ([-4, 0], [5.1235, 1])
    assert list(cats.marker.symbol) == [CORRECT_SYMBOL, MISTAKE_SYMBOL] and list(dogs.marker.symbol) == [
        CORRECT_SYMBOL,
        CORRECT_SYMBOL,
    ]
    # By these the page finds a point's image.
    assert (list(cats.customdata), list(dogs.customdata)) == ([2, 0], [1, 3])
    assert (cats.marker.color, dogs.marker.color) == COLORS[:2]
    assert legend.marker.symbol == MISTAKE_SYMBOL and list(legend.x) == [None]
    assert figure.layout.yaxis.scaleanchor == "x"


def test_hovering_in_words() -> None:
    cats, dogs, _legend = scatter_figure(DATA)["data"]
    assert cats["hovertext"] == ["cat (100.0%)", "cat, predicted as dog (90.0%)"]
    assert dogs["hovertext"] == ["dog (80.0%)", "dog (75.0%)"]


def test_more_classes_than_colours_and_classes_without_images() -> None:
    names = tuple(map(str, range(12)))
    figure = scatter_figure(scatter_data(PLACES, LABELS + 9, np.eye(12)[LABELS + 9], names))
    assert [len(trace["x"]) for trace in figure["data"]] == [0] * 9 + [2, 2, 0, 1]
    assert figure["data"][10]["marker"]["color"] == COLORS[0]
    assert len(json.loads(to_json(figure))["data"]) == 13
    assert len(set(COLORS)) == 10


def test_a_score_is_no_percentage() -> None:
    data = scatter_data(PLACES, LABELS, PROBABILITIES * 300, ("cat", "dog"), "scores")
    cats, _dogs, _legend = go.Figure(scatter_figure(data)).data
    assert list(cats.hovertext) == ["cat (300)", "cat, predicted as dog (270)"]
