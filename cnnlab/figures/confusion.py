"""Chart of a confusion matrix, with mistakes in a strong color and correct predictions muted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnnlab.figures.style import UNTITLED, WRONG, Figure, figure, finite, rgb
from cnnlab.i18n.marks import N_, Translate, untranslated

BACKGROUND = "rgba(128,128,128,0.1)"
MISTAKE_SCALE: list[tuple[float, str]] = [(0.0, BACKGROUND), (1.0, "rgba({},{},{},0.75)".format(*rgb(WRONG)))]
CORRECT_SCALE: list[tuple[float, str]] = [(0.0, BACKGROUND), (1.0, "rgba(120,140,160,0.5)")]
"""Translucent, so that text in the page's color is readable in every cell of light and dark pages."""

MIN_FULL_COLOR = 0.05
"""The most frequent mistake gets the full color, but only if its share of the class is at least this."""


class ConfusionData(NamedTuple):
    """The matrix, with rows and columns in the order of the classes.

    Attributes:
        names: the class names.
        counts: number of images of a class (row) that are predicted as a class (column).
        shares: counts divided by the row's sum, 0 to 1; 0 in an empty row.
        as_shares: whether the cells show shares instead of counts.
    """

    names: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    as_shares: bool


def confusion_data(matrix: np.ndarray, names: tuple[str, ...], as_shares: bool = False) -> ConfusionData:
    """Return the data of a matrix int (classes, classes) with true classes as rows (`metrics.confusion`)."""
    images = matrix.sum(axis=1, keepdims=True)
    shares = (matrix / np.maximum(images, 1)).round(6)
    return ConfusionData(names, tuple(map(tuple, matrix.tolist())), tuple(map(tuple, shares.tolist())), as_shares)


def confusion_figure(data: ConfusionData, translate: Translate = untranslated, height: int = 480) -> Figure:
    """Draw the matrix. A click returns the cell: x is the index of the predicted class, y of the true class."""
    classes = range(len(data.names))
    last = len(data.names) - 1
    strongest = max((data.shares[row][column] for row in classes for column in classes if row != column), default=0.0)
    names = [translate(name) for name in data.names]
    correct = translate(N_("{label}, correct: {count:,} ({share:.1%} of this class)"))
    wrong = translate(N_("{label}, predicted as {prediction}: {count:,} ({share:.1%} of this class)"))
    hovers = [
        [
            (correct if row == column else wrong).format(
                label=names[row], prediction=names[column], count=data.counts[row][column], share=share
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
            shared | {"z": _cells(data, False), "zmax": max(strongest, MIN_FULL_COLOR), "colorscale": MISTAKE_SCALE},
            shared | {"z": _cells(data, True), "zmax": 1, "colorscale": CORRECT_SCALE},
            _cell_texts(data),
        ],
        height,
        xaxis=axis | {"title": {"text": translate(N_("Predicted class"))}, "range": [-0.5, last + 0.5]},
        # The first class is on top, as in a table.
        yaxis=axis | {"title": {"text": translate(N_("True class"))}, "range": [last + 0.5, -0.5]},
        margin=UNTITLED,
        showlegend=False,
    )


def _cells(data: ConfusionData, correct: bool) -> list[list[float | None]]:
    """Return the shares on the diagonal (`correct`) or off it; the other cells are empty."""
    return [
        finite(tuple(share if (row == column) is correct else float("nan") for column, share in enumerate(shares)))
        for row, shares in enumerate(data.shares)
    ]


def _cell_texts(data: ConfusionData) -> dict[str, Any]:
    """Return a trace with the texts of the cells; mistakes with count 0 have none.

    Used instead of a heat map's own text, whose color does not follow the page's theme.
    """
    classes = range(len(data.names))
    shown = [(row, column) for row in classes for column in classes if data.counts[row][column] or row == column]
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
