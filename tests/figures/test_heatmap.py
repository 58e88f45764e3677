from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from cnnlab.figures.heatmap import EDGE_COLOR, GRAY, MARK_COLOR, SIGNED, Scale, map_data, map_figure, scale_of
from cnnlab.figures.style import to_json


def test_a_map_has_a_scale_of_its_own_or_a_shared_one() -> None:
    values = np.array([[-3.0, 1.0]])
    assert map_data(values).limit == 3
    assert map_data(values, "signed", limit=8.0)[1:] == ("signed", 8, None)
    assert map_data(np.zeros((2, 2))).limit == 1
    assert map_data(np.zeros((2, 2)), limit=0.0).limit == 1


def test_what_can_be_negative_is_signed() -> None:
    assert scale_of(np.array([[0.0, 2.0]])) == "gray"
    assert scale_of(np.array([[0.0, -1e-9]])) == "signed"
    assert scale_of(np.array([[np.nan, -1.0]])) == "signed"


@pytest.mark.parametrize(("scale", "least", "colours"), [("gray", 0, GRAY), ("signed", -2, SIGNED)])
def test_the_figure(scale: Scale, least: float, colours: list[tuple[float, str]]) -> None:
    data = map_data(np.array([[1.0, -2.0, 1 / 3]]), scale, mark=(0, 1, 1, 2))
    figure = go.Figure(map_figure(data))
    (trace,) = figure.data
    assert [list(row) for row in trace.z] == [[1, -2, 0.3333]]
    assert (trace.zmin, trace.zmax) == (least, 2)
    assert trace.colorscale == tuple(colours)
    assert trace.texttemplate == "%{z:.3~g}"
    frame, edge = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1, frame.line.color) == (0.5, 2.5, -0.5, 0.5, MARK_COLOR)
    assert (edge.x0, edge.x1, edge.y0, edge.y1, edge.line.color) == (-0.5, 2.5, -0.5, 0.5, EDGE_COLOR)
    assert list(figure.layout.xaxis.range) == [-0.5, 2.5]
    assert list(figure.layout.yaxis.range) == [0.5, -0.5]  # rows go down


def test_only_small_maps_have_their_numbers_written() -> None:
    small, wide = map_data(np.zeros((9, 7))), map_data(np.zeros((2, 8)))
    assert go.Figure(map_figure(small)).data[0].texttemplate is not None
    assert go.Figure(map_figure(small, show_values=False)).data[0].texttemplate is None
    assert go.Figure(map_figure(wide)).data[0].texttemplate is None


@pytest.mark.parametrize("size", [1e-5, 1e-30, 1e30])
def test_very_small_and_very_large_values_keep_their_differences(size: float) -> None:
    values = (np.array([[1.0, 0.5, -0.25]]) * size).astype(np.float32)
    figure = map_figure(map_data(values, "signed"))
    assert figure["data"][0]["z"][0] == pytest.approx([size, size / 2, -size / 4], rel=1e-3)


def test_what_is_no_number_leaves_a_gap() -> None:
    data = map_data(np.array([[np.nan, 2.0, -np.inf]]))
    assert data.limit == 2
    assert json.loads(to_json(map_figure(data)))["data"][0]["z"] == [[None, 2, None]]
    for nothing in (map_data(np.full((2, 2), np.nan)), map_data(np.ones((2, 2)), limit=np.nan)):
        assert nothing.limit == 1
        to_json(map_figure(nothing))
