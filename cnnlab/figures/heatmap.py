"""Heat maps of images, kernels and feature maps: one cell per pixel, and hovering shows its value.

Images use a gray scale from black to white; arrays with negative values use a diverging scale centered on zero.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from cnnlab.figures.style import Figure, finite, plain_figure

Scale = Literal["gray", "signed"]

GRAY: list[tuple[float, str]] = [(0.0, "#000000"), (1.0, "#ffffff")]
SIGNED: list[tuple[float, str]] = [
    (0.0, "#b2352b"),
    (0.25, "#e89a80"),
    (0.5, "#f7f7f7"),
    (0.75, "#7fb0dd"),
    (1.0, "#1f5fa8"),
]
"""Red below zero, blue above. The values on hover and in the cells of small maps distinguish them without color."""

MARK_COLOR = "#ff9f1c"
EDGE_COLOR = "#9aa0a6"
"""Frame around an image: without it, black or white pixels would blend into the page."""
MAX_WRITTEN_COLUMNS = 7
"""Maps up to this many columns show their values in the cells."""


class MapData(NamedTuple):
    """A map to draw.

    Attributes:
        values: float (height, width).
        limit: the value of the strongest color; "gray" goes from 0 to it, "signed" from -limit to limit.
        mark: (row, column, height, width) in pixels, or None.
    """

    values: np.ndarray
    scale: Scale
    limit: float
    mark: tuple[float, float, float, float] | None = None


def scale_of(values: np.ndarray) -> Scale:
    """Return "gray" for maps without negative values (such as after ReLU), "signed" for others."""
    return "signed" if (values < 0).any() else "gray"


def map_data(
    values: np.ndarray,
    scale: Scale = "gray",
    limit: float | None = None,
    mark: tuple[float, float, float, float] | None = None,
) -> MapData:
    """Return a map, scaled to its largest absolute value or to a given `limit`."""
    strongest = float(np.abs(values).max(initial=0, where=np.isfinite(values))) if limit is None else limit
    return MapData(values, scale, strongest if strongest and math.isfinite(strongest) else 1.0, mark)


def map_figure(data: MapData, show_values: bool = True) -> Figure:
    """Draw the map, with values in the cells of a small one (`show_values`). A click returns (column, row) as x, y."""
    rows, columns = data.values.shape
    trace: dict[str, Any] = {
        "type": "heatmap",
        "z": [finite(tuple(row)) for row in _rounded(data).tolist()],
        "zmin": 0 if data.scale == "gray" else -data.limit,
        "zmax": data.limit,
        "colorscale": GRAY if data.scale == "gray" else SIGNED,
        "showscale": False,
        "hovertemplate": "(%{y}, %{x}): %{z}<extra></extra>",
    }
    if show_values and columns <= MAX_WRITTEN_COLUMNS:
        trace |= {"texttemplate": "%{z:.3~g}", "textfont": {"size": 13}, "xgap": 1, "ygap": 1}
    # Only the inner half of the edge's line is visible.
    edge = box((0, 0, rows, columns), EDGE_COLOR, 2)
    shapes = [box(data.mark, MARK_COLOR, 3), edge] if data.mark else [edge]
    return plain_figure([trace], 300, columns, rows, shapes=shapes)


def box(patch: tuple[float, float, float, float], color: str, line: int) -> dict[str, Any]:
    """Return a frame around (row, column, height, width)."""
    row, column, height, width = patch
    return {
        "type": "rect",
        "x0": column - 0.5,
        "x1": column + width - 0.5,
        "y0": row - 0.5,
        "y1": row + height - 0.5,
        "line": {"color": color, "width": line},
    }


def _rounded(data: MapData) -> np.ndarray:
    # At least four significant digits of the largest value, so that small values (such as gradients) stay distinct.
    decimals = 4 + max(0, -math.floor(math.log10(data.limit)))
    return np.round(data.values.astype(float), min(decimals, 100))
