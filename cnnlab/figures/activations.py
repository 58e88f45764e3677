"""Charts of sigmoid and ReLU at a movable point: the functions with their tangents, and their slopes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from cnnlab.figures.style import Figure, figure
from cnnlab.i18n.marks import N_, Translate, untranslated

RANGE = 6.0
"""The x axis goes from -RANGE to RANGE."""
_POINTS = 121
_TANGENT_REACH = 1.5
"""Half the width of a tangent."""
_COLORS = {"sigmoid": "#8a5cd0", "relu": "#1b9e77"}
_DASHES = {"sigmoid": "solid", "relu": "dash"}
NAMES: Mapping[str, str] = MappingProxyType({"sigmoid": N_("sigmoid"), "relu": "ReLU"})


class ValueAndSlope(NamedTuple):
    """Value and slope of a function at a point."""

    value: float
    slope: float


class ActivationsData(NamedTuple):
    """Both functions at `x`."""

    x: float
    sigmoid: ValueAndSlope
    relu: ValueAndSlope


def sigmoid(x: float) -> float:
    """Return the logistic function of x."""
    return 1 / (1 + math.exp(-x))


def activations_data(x: float) -> ActivationsData:
    """Return the values and slopes at `x`. The slope of ReLU at 0 is 0, as in Keras."""
    s = sigmoid(x)
    return ActivationsData(x, ValueAndSlope(s, s * (1 - s)), ValueAndSlope(max(x, 0.0), float(x > 0)))


def activations_figure(
    data: ActivationsData, what: Literal["value", "slope"], translate: Translate = untranslated
) -> Figure:
    """Draw the two functions with their tangents at the point, or their slopes."""
    traces: list[dict[str, Any]] = []
    for name in NAMES:
        curve = _curve(lambda x, name=name: getattr(getattr(activations_data(x), name), what))  # type: ignore[misc]
        at: ValueAndSlope = getattr(data, name)
        color = _COLORS[name]
        line = {"color": color, "width": 2, "dash": _DASHES[name]}
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": curve[0],
                "y": curve[1],
                "name": translate(NAMES[name]),
                "line": line | ({"shape": "vh"} if name == "relu" and what == "slope" else {}),
                "hoverinfo": "skip",
            }
        )
        if what == "value":
            ends = (data.x - _TANGENT_REACH, data.x + _TANGENT_REACH)
            tangent = [at.value + at.slope * (x - data.x) for x in ends]
            thick = {"color": color, "width": 5}
            traces.append({"type": "scatter", "mode": "lines", "x": ends, "y": tangent, "line": thick, "opacity": 0.45,
                           "showlegend": False, "hoverinfo": "skip"})  # fmt: skip
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [data.x],
                "y": [getattr(at, what)],
                "marker": {"size": 11, "color": color, "line": {"width": 1, "color": "#ffffff"}},
                "showlegend": False,
                "hovertemplate": "%{y:.4f}<extra></extra>",
            }
        )
    titles = {"value": N_("Neuron output"), "slope": N_("Slope")}
    heights = {"value": [-0.6, 3.2], "slope": [-0.08, 1.15]}
    return figure(
        traces,
        height=300,
        xaxis={"title": {"text": translate(N_("Sum x"))}, "range": [-RANGE, RANGE], "zeroline": True},
        yaxis={"title": {"text": translate(titles[what])}, "range": heights[what]},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )


def _curve(function: Callable[[float], float]) -> tuple[list[float], list[float]]:
    xs = [round(-RANGE + 2 * RANGE * k / (_POINTS - 1), 4) for k in range(_POINTS)]
    return xs, [round(function(x), 5) for x in xs]
