"""Pictures made of numbers: images, kernels, feature maps. One pixel is one cell, and hovering gives its value.

Images use a grey map from black to white; what can be negative (kernels, results) a diverging map centred on zero, so
that the sign can be seen.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from cnnlab.figures.style import Figure, finite, picture

Scale = Literal["grey", "signed"]

GREY: list[tuple[float, str]] = [(0.0, "#000000"), (1.0, "#ffffff")]
SIGNED: list[tuple[float, str]] = [
    (0.0, "#b2352b"),
    (0.25, "#e89a80"),
    (0.5, "#f7f7f7"),
    (0.75, "#7fb0dd"),
    (1.0, "#1f5fa8"),
]
"""Red below zero, blue above it; told apart in grey by the numbers on hover and, in small maps, in the cells."""

MARK = "#ff9f1c"
EDGE = "#9aa0a6"
"""Around a picture: black and white ones would melt into the page, dark or light."""
MOST_WRITTEN = 7
"""Maps of at most so many columns have their numbers written in the cells."""


class MapData(NamedTuple):
    """A map to be drawn: float values (height, width), its scale with the value at full strength, and a marked patch.

    Attributes:
        limit: the value of the strongest colour; grey runs from 0 to it, signed from minus it.
        mark: (row, column, height, width) in pixels, or None.
    """

    values: np.ndarray
    scale: Scale
    limit: float
    mark: tuple[float, float, float, float] | None = None


def scale_of(values: np.ndarray) -> Scale:
    """Grey for what is never negative (after relu), signed for the rest."""
    return "signed" if (values < 0).any() else "grey"


def map_data(
    values: np.ndarray,
    scale: Scale = "grey",
    limit: float | None = None,
    mark: tuple[float, float, float, float] | None = None,
) -> MapData:
    """A map on a scale of its own, or one that is shared (`limit`)."""
    strongest = float(np.abs(values).max(initial=0, where=np.isfinite(values))) if limit is None else limit
    return MapData(values, scale, strongest if strongest and math.isfinite(strongest) else 1.0, mark)


def map_figure(data: MapData, written_out: bool = True) -> Figure:
    """The map, small ones with their numbers (`written_out`). A click tells the cell: x is the column, y the row."""
    rows, columns = data.values.shape
    trace: dict[str, Any] = {
        "type": "heatmap",
        "z": [finite(tuple(row)) for row in _rounded(data).tolist()],
        "zmin": 0 if data.scale == "grey" else -data.limit,
        "zmax": data.limit,
        "colorscale": GREY if data.scale == "grey" else SIGNED,
        "showscale": False,
        "hovertemplate": "(%{y}, %{x}): %{z}<extra></extra>",
    }
    if written_out and columns <= MOST_WRITTEN:
        trace |= {"texttemplate": "%{z:.3~g}", "textfont": {"size": 13}, "xgap": 1, "ygap": 1}
    # Of the edge's line only the inner half is seen.
    edge = box((0, 0, rows, columns), EDGE, 2)
    shapes = [box(data.mark, MARK, 3), edge] if data.mark else [edge]
    return picture([trace], 300, columns, rows, shapes=shapes)


def box(place: tuple[float, float, float, float], colour: str, line: int) -> dict[str, Any]:
    """A frame around (row, column, height, width)."""
    row, column, height, width = place
    return {
        "type": "rect",
        "x0": column - 0.5,
        "x1": column + width - 0.5,
        "y0": row - 0.5,
        "y1": row + height - 0.5,
        "line": {"color": colour, "width": line},
    }


def _rounded(data: MapData) -> np.ndarray:
    # Four figures of the strongest value: small ones (probabilities, gradients) keep their differences.
    decimals = 4 + max(0, -math.floor(math.log10(data.limit)))
    return np.round(data.values.astype(float), min(decimals, 100))
