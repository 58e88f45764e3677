"""An image as what it is to a network: a table of numbers, and the same numbers one after another as a vector."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnlab.figures.maps import GREY, MARK, box
from cnnlab.figures.style import TRAINING, UNTITLED, Figure, figure
from cnnlab.marks import N_, Translate, untranslated

CELL = 21
"""Pixels in which a number of three digits can be read."""
WIDE_CELL = 44
FEW = 12
"""Images of at most so many columns have wide cells."""
EDGE = 20
"""Pixels left of the table and above it, where rows and columns are numbered."""
MIDDLE = 118
"""The grey from which on black is easier to read than white (either has 4.5 to 1 on its side)."""
SHORT = 64
"""Of a vector of at most so many numbers, every row of the image is numbered, else every fourth."""


class NumbersData(NamedTuple):
    """One channel of an image, and what of it is pointed at.

    Attributes:
        values: uint8 (height, width).
        channel, channels: which it is, of how many.
        pixel: the (row, column) that is marked, if any.
    """

    values: np.ndarray
    channel: int = 0
    channels: int = 1
    pixel: tuple[int, int] | None = None

    @property
    def width(self) -> int:
        """Pixels on the screen that the table needs."""
        return EDGE + int(self.values.shape[1]) * self._cell

    @property
    def height(self) -> int:
        """Likewise from top to bottom."""
        return EDGE + int(self.values.shape[0]) * self._cell

    @property
    def _cell(self) -> int:
        return WIDE_CELL if self.values.shape[1] <= FEW else CELL

    @property
    def size(self) -> int:
        """Numbers of the whole image."""
        return int(self.values.size * self.channels)

    def place(self, row: int, column: int) -> int:
        """Where a pixel's number stands in the vector, from 0: row after row, the channels of a pixel together."""
        return (row * int(self.values.shape[1]) + column) * self.channels + self.channel

    def share(self, row: int, column: int) -> float:
        """What a network is given for a pixel, 0 to 1."""
        return float(self.values[row, column]) / 255


def numbers_data(image: np.ndarray, channel: int = 0, pixel: tuple[int, int] | None = None) -> NumbersData:
    """Of an image uint8 (height, width, channels)."""
    return NumbersData(image[:, :, channel], channel, image.shape[2], pixel)


def numbers_figure(data: NumbersData, translate: Translate = untranslated) -> Figure:
    """The table, its rows and columns numbered at the edge; a click tells the pixel: x is the column, y the row."""
    rows, columns = data.values.shape
    size = 14 if columns <= FEW else 10
    said = translate(
        N_("row {row}, column {column}: {value} of 255<br>for the network {share:.3f}, place {place} of {size}")
    )
    trace = {
        "type": "heatmap",
        "z": data.values.tolist(),
        "zmin": 0,
        "zmax": 255,
        "colorscale": GREY,
        "showscale": False,
        "hoverinfo": "text",
        "hovertext": [
            [
                said.format(
                    row=row,
                    column=column,
                    value=int(data.values[row, column]),
                    share=data.share(row, column),
                    place=data.place(row, column),
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
            "x": np.nonzero(chosen)[1].tolist(),
            "y": np.nonzero(chosen)[0].tolist(),
            "text": data.values[chosen].tolist(),
            "textfont": {"size": size, "color": colour},
            "hoverinfo": "skip",
        }
        for colour, chosen in (("#fff", data.values < MIDDLE), ("#000", data.values >= MIDDLE))
    ]
    shapes = [box((*data.pixel, 1, 1), MARK, 3)] if data.pixel else []
    edge = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "", "dtick": 1 if columns <= FEW else 4}
    return figure(
        [trace, *written],
        data.height,
        shapes=shapes,
        showlegend=False,
        margin={"l": EDGE, "r": 0, "t": EDGE, "b": 0},
        xaxis=edge | {"range": [-0.5, columns - 0.5], "side": "top", "tickfont": {"size": 10}},
        yaxis=edge | {"range": [rows - 0.5, -0.5], "tickfont": {"size": 10}},
    )


class VectorData(NamedTuple):
    """All numbers of an image, 0 to 1, one after another; `row` of them are one row of it; the marked one's place."""

    values: tuple[float, ...]
    row: int
    marked: int | None = None


def vector_data(image: np.ndarray, marked: int | None = None) -> VectorData:
    """Of an image uint8 (height, width, channels)."""
    values = (image.reshape(-1) / 255).round(4)
    return VectorData(tuple(values.tolist()), image.shape[1] * image.shape[2], marked)


def vector_figure(data: VectorData, translate: Translate = untranslated, height: int = 190) -> Figure:
    """A bar for each number, with a line where a row of the image begins, or every fourth."""
    bars = {
        "type": "bar",
        "x": list(range(len(data.values))),
        "y": data.values,
        "marker": {"color": TRAINING, "line": {"width": 0}},
        "hovertemplate": "%{x}: %{y:.3f}<extra></extra>",
    }
    shapes = []
    if data.marked is not None:
        line = {"color": MARK, "width": 2}
        shapes.append({"type": "line", "x0": data.marked, "x1": data.marked, "y0": 0, "y1": 1.05, "line": line})
    return figure(
        [bars],
        height,
        bargap=0,
        shapes=shapes,
        margin=UNTITLED,
        xaxis={
            "title": {"text": translate(N_("Place in the vector, row after row"))},
            "dtick": data.row if len(data.values) <= SHORT else 4 * data.row,
        },
        yaxis={"title": {"text": translate(N_("Value"))}, "range": [0, 1.05]},
    )
