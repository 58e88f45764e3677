from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from cnnlab.figures.confusion import CORRECT_SCALE, MISTAKE_SCALE, confusion_data, confusion_figure
from cnnlab.figures.style import to_json

MATRIX = np.array([[3, 1, 0], [0, 1234, 0], [0, 0, 0]])
NAMES = ("a", "b", "c")


def marked(text: str) -> str:
    """A translation that can be told from the original."""
    return f"‹{text}›"


def test_counts_and_shares_of_the_rows() -> None:
    data = confusion_data(MATRIX, NAMES)
    assert data.counts == ((3, 1, 0), (0, 1234, 0), (0, 0, 0))
    assert data.shares == ((0.75, 0.25, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.0))
    assert not data.as_shares


def test_mistakes_and_right_answers_are_two_maps_without_common_cells() -> None:
    figure = go.Figure(confusion_figure(confusion_data(MATRIX, NAMES), marked, height=400))
    wrong, right, _numbers = figure.data
    assert [list(row) for row in wrong.z] == [[None, 0.25, 0.0], [0.0, None, 0.0], [0.0, 0.0, None]]
    assert [list(row) for row in right.z] == [[0.75, None, None], [None, 1.0, None], [None, None, 0.0]]
    assert (wrong.colorscale, right.colorscale) == (tuple(MISTAKE_SCALE), tuple(CORRECT_SCALE))
    assert (wrong.zmin, wrong.zmax, right.zmin, right.zmax) == (0, 0.25, 0, 1)
    assert wrong.hoverongaps is right.hoverongaps is False
    assert wrong.hovertext[0][1] == "‹‹a›, predicted as ‹b›: 1 (25.0% of this class)›"
    assert figure.layout.height == 400


def test_numbers_have_the_colour_of_the_page_and_stand_on_its_ground() -> None:
    figure = confusion_figure(confusion_data(MATRIX, NAMES))
    numbers = figure["data"][2]
    # None where a mistake is never made; x is the answer.
    assert list(zip(numbers["x"], numbers["y"], numbers["text"], strict=True)) == [
        (0, 0, "3"), (1, 0, "1"), (1, 1, "1,234"), (2, 2, "0"),
    ]  # fmt: skip
    assert "color" not in numbers["textfont"] and numbers["hoverinfo"] == "skip"
    assert all(code.startswith("rgba(") for _at, code in MISTAKE_SCALE + CORRECT_SCALE)


def test_hovering_and_axes_in_words() -> None:
    figure = go.Figure(confusion_figure(confusion_data(MATRIX, NAMES)))
    (wrong, _right, _numbers), layout = figure.data, figure.layout
    assert wrong.hovertext[0][1] == "a, predicted as b: 1 (25.0% of this class)"
    assert wrong.hovertext[1][1] == "b, correct: 1,234 (100.0% of this class)"
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("Predicted class", "True class")
    assert list(layout.xaxis.ticktext) == list(layout.yaxis.ticktext) == ["a", "b", "c"]
    # A click says places, and the first class is on top.
    assert list(layout.xaxis.tickvals) == [0, 1, 2]
    assert (layout.xaxis.range, layout.yaxis.range) == ((-0.5, 2.5), (2.5, -0.5))


def test_shares_in_the_cells() -> None:
    numbers = confusion_figure(confusion_data(MATRIX, NAMES, as_shares=True))["data"][2]
    assert numbers["text"] == ["75.0%", "25.0%", "100.0%", "0.0%"]


def test_a_single_mistake_does_not_look_like_a_disaster() -> None:
    rare = confusion_figure(confusion_data(np.array([[999, 1], [0, 1000]]), ("a", "b")))
    none = confusion_figure(confusion_data(np.eye(2, dtype=int), ("a", "b")))
    assert rare["data"][0]["zmax"] == none["data"][0]["zmax"] == 0.05
    to_json(rare)
    to_json(confusion_figure(confusion_data(np.zeros((1, 1), int), ("a",))))
