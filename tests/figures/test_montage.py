from __future__ import annotations

import base64
import io

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from cnnlab.figures.heatmap import SIGNED
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint, side_by_side

BLACK, WHITE, NOTHING = [0, 0, 0, 255], [255, 255, 255, 255], [0, 0, 0, 0]
RED, PALE, BLUE = ([*bytes.fromhex(SIGNED[k][1][1:]), 255] for k in (0, 2, 4))


def test_grey_goes_from_zero_to_the_limit() -> None:
    painted = paint(np.array([[0.0, 4, 2, 9, -1]]), "gray", 4)
    assert painted.dtype == np.uint8
    assert painted.tolist() == [[BLACK, WHITE, [128, 128, 128, 255], WHITE, BLACK]]


def test_signed_is_centred_on_zero() -> None:
    painted = paint(np.array([[-4.0, 0, 4], [-9, 2, 9]]), "signed", 4)
    assert painted.tolist() == [[RED, PALE, BLUE], [RED, [0x7F, 0xB0, 0xDD, 255], BLUE]]


@pytest.mark.filterwarnings("error")
def test_nothing_and_what_is_no_number() -> None:
    assert paint(np.zeros((1, 1)), "gray", 0).tolist() == [[BLACK]]
    assert paint(np.zeros((1, 1)), "signed", 0).tolist() == [[PALE]]
    painted = paint(np.array([[np.nan, np.inf, -np.inf, 1]], np.float32), "signed", 1)
    assert painted.tolist() == [[NOTHING, BLUE, RED, BLUE]]
    assert paint(np.ones((1, 1)), "gray", float("nan")).tolist() == [[NOTHING]]


def test_pixels_are_enlarged_as_they_are() -> None:
    painted = paint(np.array([[0.0, 1]]), "gray", 1, zoom=2)
    assert painted.tolist() == [[BLACK, BLACK, WHITE, WHITE]] * 2


def test_beside() -> None:
    large, small = paint(np.ones((3, 1)), "gray", 1), paint(np.zeros((1, 2)), "gray", 1)
    assert side_by_side([large, small], gap=1).tolist() == [
        [WHITE, NOTHING, NOTHING, NOTHING],
        [WHITE, NOTHING, BLACK, BLACK],
        [WHITE, NOTHING, NOTHING, NOTHING],
    ]


def cells(count: int) -> list[Cell]:
    return [Cell(paint(np.full((10, 20), k), "gray", 10), f"c{k}", f"cell {k}") for k in range(count)]


def test_cells_are_laid_out_in_rows() -> None:
    data = montage_data(cells(5), columns=2, label=0.25)
    # A cell of 20 × 10 has a gap of 2 (1 of it before) and 5 for its caption.
    assert data.corners == ((1, 1), (23, 1), (1, 18), (23, 18), (1, 35))
    assert data.pixels.shape == (51, 44, 4)
    assert data.aspect == 51 / 44
    for cell, (x, y) in zip(data.cells, data.corners, strict=True):
        assert np.array_equal(data.pixels[y : y + 10, x : x + 20], cell.pixels)
    assert (data.pixels[..., 3] == 255).sum() == 5 * 10 * 20
    assert montage_data(cells(2), columns=8).pixels.shape == (12, 44, 4)


def test_the_figure() -> None:
    fit_square = cells(3)
    fit_square[1] = fit_square[1]._replace(frame="#123456", caption="")
    figure = go.Figure(montage_figure(montage_data(fit_square, 2, 0.25), size=9))
    image, captions, clicks = figure.data
    source = base64.b64decode(image.source.partition(",")[2])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(source))), montage_data(fit_square, 2, 0.25).pixels)
    assert (list(captions.text), captions.textfont.size) == (["c0", "", "c2"], 9)
    assert list(captions.y) == [11.3, 11.3, 28.3]
    # The one that hears the clicks lies on top, a point in the middle of each cell.
    assert list(zip(clicks.x, clicks.y, clicks.hovertext, strict=True)) == [
        (11, 6, "cell 0"),
        (33, 6, "cell 1"),
        (11, 23, "cell 2"),
    ]
    assert (clicks.marker.opacity, clicks.hoverinfo) == (0, "text")
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.y0, frame.x1, frame.y1, frame.line.color) == (22.5, 0.5, 42.5, 10.5, "#123456")
    assert list(figure.layout.xaxis.range) == [-0.5, 43.5]


def test_without_captions_there_is_no_trace_for_them() -> None:
    figure = go.Figure(montage_figure(montage_data([Cell(paint(np.ones((4, 4)), "gray", 1))], 3)))
    assert [trace.type for trace in figure.data] == ["image", "scatter"]
    assert figure.layout.shapes == ()
