"""Show an image as a network gets it: a table of pixel values, and the same values as a vector."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnlab.figures.heatmap import GRAY, MARK_COLOR, box
from cnnlab.figures.style import TRAINING, UNTITLED, Figure, figure
from cnnlab.i18n.marks import N_, Translate, untranslated

CELL_PX = 21
"""Size of a cell in which three digits are readable."""
WIDE_CELL_PX = 44
WIDE_CELL_COLUMNS = 12
"""Images up to this many columns have wide cells."""
EDGE_PX = 20
"""Space left of and above the table for the row and column numbers."""
BLACK_TEXT_FROM = 118
"""From this gray value on, black text has more contrast than white (each at least 4.5:1)."""
SHORT_VECTOR = 64
"""A vector up to this length has a tick at every image row; a longer one at every fourth."""


class PixelTableData(NamedTuple):
    """One channel of an image, with an optional marked pixel.

    Attributes:
        values: uint8 (height, width).
        channel, channels: index of the channel, and number of channels.
        pixel: (row, column) of the marked pixel.
    """

    values: np.ndarray
    channel: int = 0
    channels: int = 1
    pixel: tuple[int, int] | None = None

    @property
    def width(self) -> int:
        """Width of the table in pixels."""
        return EDGE_PX + int(self.values.shape[1]) * self._cell

    @property
    def height(self) -> int:
        """Height of the table in pixels."""
        return EDGE_PX + int(self.values.shape[0]) * self._cell

    @property
    def _cell(self) -> int:
        return WIDE_CELL_PX if self.values.shape[1] <= WIDE_CELL_COLUMNS else CELL_PX

    @property
    def size(self) -> int:
        """Number of values of the image, over all channels."""
        return int(self.values.size * self.channels)

    def vector_index(self, row: int, column: int) -> int:
        """Return the index of a pixel in the vector, from 0: row by row, with channels last."""
        return (row * int(self.values.shape[1]) + column) * self.channels + self.channel

    def share(self, row: int, column: int) -> float:
        """Return the network's input for a pixel, 0 to 1."""
        return float(self.values[row, column]) / 255


def pixel_table_data(image: np.ndarray, channel: int = 0, pixel: tuple[int, int] | None = None) -> PixelTableData:
    """Return the table data of an image uint8 (height, width, channels)."""
    return PixelTableData(image[:, :, channel], channel, image.shape[2], pixel)


def pixel_table_figure(data: PixelTableData, translate: Translate = untranslated) -> Figure:
    """Draw the table with row and column numbers. A click returns the pixel: x is the column, y the row."""
    rows, columns = data.values.shape
    size = 14 if columns <= WIDE_CELL_COLUMNS else 10
    template = translate(
        N_("row {row}, column {column}: {value} of 255<br>network input {share:.3f}, index {index} of {size}")
    )
    trace = {
        "type": "heatmap",
        "z": data.values.tolist(),
        "zmin": 0,
        "zmax": 255,
        "colorscale": GRAY,
        "showscale": False,
        "hoverinfo": "text",
        "hovertext": [
            [
                template.format(
                    row=row,
                    column=column,
                    value=int(data.values[row, column]),
                    share=data.share(row, column),
                    index=data.vector_index(row, column),
                    size=data.size,
                )
                for column in range(columns)
            ]
            for row in range(rows)
        ],
    }
    written = [
        {
            "type": "scatter",
            "mode": "text",
            "x": np.nonzero(cells)[1].tolist(),
            "y": np.nonzero(cells)[0].tolist(),
            "text": data.values[cells].tolist(),
            "textfont": {"size": size, "color": color},
            "hoverinfo": "skip",
        }
        for color, cells in (("#fff", data.values < BLACK_TEXT_FROM), ("#000", data.values >= BLACK_TEXT_FROM))
    ]
    shapes = [box((*data.pixel, 1, 1), MARK_COLOR, 3)] if data.pixel else []
    dtick = 1 if columns <= WIDE_CELL_COLUMNS else 4
    edge = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "", "dtick": dtick}
    return figure(
        [trace, *written],
        data.height,
        shapes=shapes,
        showlegend=False,
        margin={"l": EDGE_PX, "r": 0, "t": EDGE_PX, "b": 0},
        xaxis=edge | {"range": [-0.5, columns - 0.5], "side": "top", "tickfont": {"size": 10}},
        yaxis=edge | {"range": [rows - 0.5, -0.5], "tickfont": {"size": 10}},
    )


class VectorData(NamedTuple):
    """All values of an image, 0 to 1; the number of values per image row; and the index of a marked value."""

    values: tuple[float, ...]
    row: int
    marked: int | None = None


def vector_data(image: np.ndarray, marked: int | None = None) -> VectorData:
    """Return the vector of an image uint8 (height, width, channels)."""
    values = (image.reshape(-1) / 255).round(4)
    return VectorData(tuple(values.tolist()), image.shape[1] * image.shape[2], marked)


def vector_figure(data: VectorData, translate: Translate = untranslated, height: int = 190) -> Figure:
    """Draw one bar per value, with ticks at the starts of image rows."""
    bars = {
        "type": "bar",
        "x": list(range(len(data.values))),
        "y": data.values,
        "marker": {"color": TRAINING, "line": {"width": 0}},
        "hovertemplate": "%{x}: %{y:.3f}<extra></extra>",
    }
    shapes = []
    if data.marked is not None:
        line = {"color": MARK_COLOR, "width": 2}
        shapes.append({"type": "line", "x0": data.marked, "x1": data.marked, "y0": 0, "y1": 1.05, "line": line})
    return figure(
        [bars],
        height,
        bargap=0,
        shapes=shapes,
        margin=UNTITLED,
        xaxis={
            "title": {"text": translate(N_("Index in the vector, row by row"))},
            "dtick": data.row if len(data.values) <= SHORT_VECTOR else 4 * data.row,
        },
        yaxis={"title": {"text": translate(N_("Value"))}, "range": [0, 1.05]},
    )
