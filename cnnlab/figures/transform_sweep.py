"""Chart of a class probability over the values of a transform, one line per network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure, finite
from cnnlab.i18n.marks import N_, Translate, untranslated

AXES: Mapping[str, str] = {
    "right": N_("Shift to the right (pixels)"),
    "down": N_("Shift down (pixels)"),
    "degrees": N_("Counterclockwise rotation (degrees)"),
    "scale": N_("Scale factor"),
}
"""Transform -> the title of its axis (marked for translation)."""
_LINES = (
    {"color": VALIDATION, "width": 2.5},
    {"color": TRAINING, "width": 2.5, "dash": "dash"},
    {"color": "#3b9c5f", "width": 2, "dash": "dot"},
    {"color": "#8a5fbf", "width": 2, "dash": "dashdot"},
    {"color": "#808080", "width": 2, "dash": "longdash"},
)


class SweepData(NamedTuple):
    """The values of a transform and, for each network name, the probability of a class at each value."""

    kind: str
    values: tuple[float, ...]
    lines: tuple[tuple[str, tuple[float, ...]], ...]


def sweep_data(kind: str, values: np.ndarray, lines: Sequence[tuple[str, np.ndarray]]) -> SweepData:
    """Return the data from `values` (n,) and, for each network, its probabilities (n,)."""
    return SweepData(
        kind,
        tuple(round(float(value), 4) for value in values),
        tuple((name, tuple(round(float(share), 4) for share in shares)) for name, shares in lines),
    )


def sweep_figure(
    data: SweepData, at: float, label: str, translate: Translate = untranslated, probable: bool = True
) -> Figure:
    """Draw the lines, and a vertical line at the current value `at`.

    Args:
        label: the name of the class.
        probable: whether all lines are probabilities; otherwise some are scores, which are no percentages.
    """
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": data.values,
            "y": finite(shares),
            "name": name,
            "line": _LINES[index % len(_LINES)],
            "hovertemplate": "%{y:.1%}" if probable else "%{y:.4g}",
        }
        for index, (name, shares) in enumerate(data.lines)
    ]
    mark = {
        "type": "line",
        "yref": "paper",
        "x0": at,
        "x1": at,
        "y0": 0,
        "y1": 1,
        "line": {"width": 1.5, "dash": "dot", "color": "#888"},
    }
    title = translate(N_("Probability of {label}") if probable else N_("Output for {label}")).format(label=label)
    return figure(
        traces,
        height=320,
        xaxis={"title": {"text": translate(AXES[data.kind])}},
        yaxis={"title": {"text": title}} | ({"range": [0, 1.02], "tickformat": ".0%"} if probable else {}),
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        shapes=[mark],
        uirevision=data.kind,
    )
