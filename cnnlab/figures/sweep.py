"""A probability against the setting of a dial, one line for each network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure, finite
from cnnlab.marks import N_, Translate, untranslated

AXES: Mapping[str, str] = {
    "right": N_("Moved to the right (pixels)"),
    "down": N_("Moved down (pixels)"),
    "degrees": N_("Turned counter-clockwise (degrees)"),
    "scale": N_("Scaled by"),
}
"""Dial -> the title of its axis (marked)."""
_LINES = (
    {"color": VALIDATION, "width": 2.5},
    {"color": TRAINING, "width": 2.5, "dash": "dash"},
    {"color": "#3b9c5f", "width": 2, "dash": "dot"},
    {"color": "#8a5fbf", "width": 2, "dash": "dashdot"},
    {"color": "#808080", "width": 2, "dash": "longdash"},
)


class SweepData(NamedTuple):
    """The settings of one dial and, for each network by name, the probability of one class at each of them."""

    kind: str
    values: tuple[float, ...]
    lines: tuple[tuple[str, tuple[float, ...]], ...]


def sweep_data(kind: str, values: np.ndarray, lines: Sequence[tuple[str, np.ndarray]]) -> SweepData:
    """`values` (n,) and for each network its probabilities (n,)."""
    return SweepData(
        kind,
        tuple(round(float(value), 4) for value in values),
        tuple((name, tuple(round(float(share), 4) for share in shares)) for name, shares in lines),
    )


def sweep_figure(data: SweepData, at: float, answer: str, translate: Translate = untranslated) -> Figure:
    """The lines, and a mark where the dial stands; `answer` names the class."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": data.values,
            "y": finite(shares),
            "name": name,
            "line": _LINES[place % len(_LINES)],
            "hovertemplate": "%{y:.1%}",
        }
        for place, (name, shares) in enumerate(data.lines)
    ]
    mark = {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "line": {"width": 1.5, "dash": "dot", "color": "#888"},
    }
    title = translate(N_("Probability of {answer}")).format(answer=answer)
    return figure(
        traces,
        height=320,
        xaxis={"title": {"text": translate(AXES[data.kind])}},
        yaxis={"title": {"text": title}, "range": [0, 1.02], "tickformat": ".0%"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        shapes=[mark],
        uirevision=data.kind,
    )
