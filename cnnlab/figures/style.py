"""Shared style of all figures: colors, a plain layout, and JSON output.

A figure is a dictionary in Plotly's format, `{"data": [...], "layout": {...}}`. plotly.graph_objects would spend 25 ms
on validation, too long for live updates; the tests validate the figures instead. Training is always solid, validation
dashed, so that they can be distinguished without color. The chart component sets the colors of text and grid to the
page's theme (`cnnlab/ui/components/charts.js`).
"""

from __future__ import annotations

import json
import math
from typing import Any

Figure = dict[str, Any]

TRAINING = "#2f83d6"
TRAINING_LIGHT = "#7fb4ea"
VALIDATION = "#e0702a"
WRONG = "#d5473c"
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down", "pentagon", "hourglass")
"""Markers of lines in the same figure."""


UNTITLED = {"l": 56, "r": 12, "t": 8, "b": 44}
"""Margins of a figure with axes and no legend or title above."""


def figure(data: list[dict[str, Any]], height: int, **layout: Any) -> Figure:
    """Return a figure with a transparent background and narrow margins; `height` in pixels."""
    plain = {
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 56, "r": 12, "t": 36, "b": 44},
    }
    return {"data": data, "layout": plain | layout}


def plain_figure(data: list[dict[str, Any]], height: int, width: float, depth: float, **layout: Any) -> Figure:
    """Return a figure without axes and margins, with coordinates from 0 to `width` and `depth`, y downward."""
    hidden = {"visible": False, "fixedrange": True}
    return figure(
        data,
        height,
        xaxis=hidden | {"range": [-0.5, width - 0.5]},
        yaxis=hidden | {"range": [depth - 0.5, -0.5]},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        showlegend=False,
        **layout,
    )


def rgb(code: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, of a color such as "#2f83d6"."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def finite(values: tuple[float, ...]) -> list[float | None]:
    """Return the values for a figure, with None (a gap) for NaN and infinity."""
    return [value if math.isfinite(value) else None for value in values]


def to_json(shown: Figure) -> str:
    """Return a figure as compact JSON."""
    return json.dumps(shown, separators=(",", ":"), allow_nan=False)
