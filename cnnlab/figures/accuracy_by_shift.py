"""Chart of the accuracy on shifted images, for one or more networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure, finite
from cnnlab.i18n.marks import N_, Translate, untranslated

_LINES = (
    {"color": TRAINING, "width": 2},
    {"color": VALIDATION, "width": 2, "dash": "dash"},
    {"color": "#1b9e77", "width": 2, "dash": "dot"},
)


def shifts_figure(
    shifts: Sequence[int], accuracies: Mapping[str, tuple[float, ...]], translate: Translate = untranslated
) -> Figure:
    """Draw the accuracies at each shift (pixels), one line per network name."""
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": list(shifts),
            "y": finite(values),
            "name": name,
            "line": _LINES[index % len(_LINES)],
            "hovertemplate": "%{y:.1%}",
        }
        for index, (name, values) in enumerate(accuracies.items())
    ]
    return figure(
        traces,
        height=300,
        xaxis={"title": {"text": translate(N_("Shift to the right (pixels)"))}, "dtick": 1},
        yaxis={"title": {"text": translate(N_("Accuracy"))}, "range": [0, 1.03], "tickformat": ".0%"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
    )
