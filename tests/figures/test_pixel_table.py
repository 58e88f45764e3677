"""An image as numbers: each value, its place in the vector, and what is said of it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from cnnlab.figures.heatmap import MARK_COLOR
from cnnlab.figures.pixel_table import pixel_table_data, pixel_table_figure, vector_data, vector_figure
from cnnlab.figures.style import to_json

IMAGE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 15
"""Two rows of three pixels in three colours: 0, 15 … 255."""


def test_places_are_those_of_the_flattened_image() -> None:
    flat = IMAGE.reshape(-1)
    for channel in range(3):
        data = pixel_table_data(IMAGE, channel)
        for row in range(2):
            for column in range(3):
                assert flat[data.vector_index(row, column)] == data.values[row, column] == IMAGE[row, column, channel]
    assert data.size == 18 and data.share(1, 2) == 1.0


def test_the_table_says_every_number() -> None:
    figure = go.Figure(pixel_table_figure(pixel_table_data(IMAGE, 1, (1, 2))))
    table, white, black = figure.data
    assert [list(row) for row in table.z] == [[15, 60, 105], [150, 195, 240]]
    assert (table.zmin, table.zmax) == (0, 255)
    # White on dark and black on bright.
    assert list(zip(white.x, white.y, white.text, strict=True)) == [(0, 0, "15"), (1, 0, "60"), (2, 0, "105")]
    assert list(zip(black.x, black.y, black.text, strict=True)) == [(0, 1, "150"), (1, 1, "195"), (2, 1, "240")]
    assert (white.textfont.color, black.textfont.color) == ("#fff", "#000")
    assert table.hovertext[1][0] == "row 1, column 0: 150 of 255<br>network input 0.588, index 10 of 18"
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1, frame.line.color) == (1.5, 2.5, 0.5, 1.5, MARK_COLOR)
    # Rows go downwards, as in an array.
    assert list(figure.layout.yaxis.range) == [1.5, -0.5]


def test_the_vector() -> None:
    data = vector_data(IMAGE, 10)
    assert len(data.values) == 18 and data.row == 9
    assert data.values[:3] == (0.0, 0.0588, 0.1176) and data.values[17] == 1.0
    figure = go.Figure(vector_figure(data))
    assert list(figure.data[0].y) == list(data.values)
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == 10
    assert not go.Figure(vector_figure(vector_data(IMAGE))).layout.shapes
    # A line for every row of a small image, else for every fourth.
    assert figure.layout.xaxis.dtick == 9
    assert vector_figure(vector_data(np.zeros((28, 28, 1), np.uint8)))["layout"]["xaxis"]["dtick"] == 112


def test_every_number_can_be_read_on_its_grey() -> None:
    def luminance(grey: int) -> float:
        """WCAG 2.2."""
        share = grey / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    greys = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    _, white, black = pixel_table_figure(pixel_table_data(greys))["data"]
    assert len(white["text"]) + len(black["text"]) == 256
    assert min(1.05 / (luminance(grey) + 0.05) for grey in white["text"]) >= 4.5
    assert min((luminance(grey) + 0.05) / 0.05 for grey in black["text"]) >= 4.5


def test_wide_images_have_narrow_cells() -> None:
    wide, small = pixel_table_data(np.zeros((28, 28, 1), np.uint8)), pixel_table_data(np.zeros((8, 8, 1), np.uint8))
    # A column of 616 pixels, as on a screen of 1024, holds the wide one.
    assert (wide.width, wide.height) == (608, 608) and (small.width, small.height) == (372, 372)
    edges = [pixel_table_figure(data)["layout"]["xaxis"]["dtick"] for data in (wide, small)]
    assert edges == [4, 1]
    assert len(to_json(pixel_table_figure(wide))) < 100_000
