"""The confusion matrix: which class is taken for which. Mistakes have the colour, right answers are muted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnnlab.figures.style import UNTITLED, WRONG, Figure, figure, finite, rgb
from cnnlab.marks import N_, Translate, untranslated

GROUND = "rgba(128,128,128,0.1)"
MISTAKES: list[tuple[float, str]] = [(0.0, GROUND), (1.0, "rgba({},{},{},0.75)".format(*rgb(WRONG)))]
RIGHT: list[tuple[float, str]] = [(0.0, GROUND), (1.0, "rgba(120,140,160,0.5)")]
"""The page's own ground shines through, so that numbers in the page's colour can be read in every cell."""

LEAST_FULL = 0.05
"""The commonest mistake has the full colour, but not one that is made with fewer of a class's images than this."""


class ConfusionData(NamedTuple):
    """The matrix, rows and columns in the order of the classes.

    Attributes:
        names: of the classes.
        counts: images of a class (row) that were taken for a class (column).
        shares: the same as shares of the row, 0 to 1; 0 in a row without images.
        as_shares: which of both stands in the cells.
    """

    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    as_shares: bool


def confusion_data(matrix: np.ndarray, names: tuple[str, ...], as_shares: bool = False) -> ConfusionData:
    """Of a matrix int (classes, classes), rows the truth (`evaluation.confusion`)."""
    images = matrix.sum(axis=1, keepdims=True)
    shares = (matrix / np.maximum(images, 1)).round(6)
    return ConfusionData(names, tuple(map(tuple, matrix.tolist())), tuple(map(tuple, shares.tolist())), as_shares)


def confusion_figure(data: ConfusionData, translate: Translate = untranslated, height: int = 480) -> Figure:
    """The matrix. A click tells the cell: x is the answer, y the truth, both as places among the classes."""
    classes = range(len(data.names))
    last = len(data.names) - 1
    strongest = max((data.shares[row][column] for row in classes for column in classes if row != column), default=0.0)
    names = [translate(name) for name in data.names]
    right = translate(N_("{truth}, recognised: {count:,} ({share:.1%} of this class)"))
    wrong = translate(N_("{truth}, taken for {answer}: {count:,} ({share:.1%} of this class)"))
    hovers = [
        [
            (right if row == column else wrong).format(
                truth=names[row], answer=names[column], count=data.counts[row][column], share=share
            )
            for column, share in enumerate(data.shares[row])
        ]
        for row in classes
    ]
    shared: dict[str, Any] = {
        "type": "heatmap",
        "hovertext": hovers,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "hoverongaps": False,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "zmin": 0,
    }
    axis = {
        "tickmode": "array",
        "tickvals": list(classes),
        "ticktext": names,
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
    }
    return figure(
        [
            shared | {"z": _cells(data, False), "zmax": max(strongest, LEAST_FULL), "colorscale": MISTAKES},
            shared | {"z": _cells(data, True), "zmax": 1, "colorscale": RIGHT},
            _numbers(data),
        ],
        height,
        xaxis=axis | {"title": {"text": translate(N_("Answer of the network"))}, "range": [-0.5, last + 0.5]},
        # The first class is on top, as in the tables that people write.
        yaxis=axis | {"title": {"text": translate(N_("Truth"))}, "range": [last + 0.5, -0.5]},
        margin=UNTITLED,
        showlegend=False,
    )


def _cells(data: ConfusionData, right: bool) -> list[list[float | None]]:
    """The shares on the diagonal (`right`) or off it; the other cells are left free."""
    return [
        finite(tuple(share if (row == column) is right else float("nan") for column, share in enumerate(shares)))
        for row, shares in enumerate(data.shares)
    ]


def _numbers(data: ConfusionData) -> dict[str, Any]:
    """What stands in the cells. Mistakes that are never made stay empty: they are most of the cells.

    A heat map's own text has the colour that suits white paper; this one has the page's.
    """
    places = range(len(data.names))
    shown = [(row, column) for row in places for column in places if data.counts[row][column] or row == column]
    return {
        "type": "scatter",
        "mode": "text",
        "x": [column for _, column in shown],
        "y": [row for row, _ in shown],
        "text": [
            f"{data.shares[row][column]:.1%}" if data.as_shares else f"{data.counts[row][column]:,}"
            for row, column in shown
        ],
        # On a phone a cell is 29 pixels wide.
        "textfont": {"size": 10 if data.as_shares else 12},
        "hoverinfo": "skip",
    }
