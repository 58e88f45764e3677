"""What all figures share: the two colours, a layout without decoration, and how a figure is written.

A figure is a plain dictionary in Plotly's own form, `{"data": [...], "layout": {...}}`: building one through
plotly.graph_objects costs 25 ms of checking each time, too much for every live update, so the tests do the checking.
Training is always one colour and solid, validation another and dashed, so that they can be told apart without colour.
Text and grid take the page's own colours where the chart is drawn (`cnnlab/ui/assets/charts.js`).
"""

from __future__ import annotations

import json
import math
from typing import Any

Figure = dict[str, Any]

TRAINING = "#2f83d6"
WITHIN = "#7fb4ea"
VALIDATION = "#e0702a"
WRONG = "#d5473c"
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "triangle-down", "pentagon", "hourglass")
"""Markers of lines that stand beside each other."""


UNTITLED = {"l": 56, "r": 12, "t": 8, "b": 44}
"""Margins of a figure with axes and nothing above it."""


def figure(data: list[dict[str, Any]], height: int, **layout: Any) -> Figure:
    """Traces on transparent ground with narrow margins; `height` in pixels."""
    plain = {
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 56, "r": 12, "t": 36, "b": 44},
    }
    return {"data": data, "layout": plain | layout}


def picture(data: list[dict[str, Any]], height: int, width: float, depth: float, **layout: Any) -> Figure:
    """Traces on a canvas without axes or margins, `width` by `depth` pixels of its own, y downwards."""
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
    """Red, green and blue, 0 to 255, of a colour such as "#2f83d6"."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def finite(values: tuple[float, ...]) -> list[float | None]:
    """Values for a figure: what is not a number leaves a gap."""
    return [value if math.isfinite(value) else None for value in values]


def to_json(shown: Figure) -> str:
    """The figure as a browser reads it."""
    return json.dumps(shown, separators=(",", ":"), allow_nan=False)
