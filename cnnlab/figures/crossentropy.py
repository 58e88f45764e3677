"""The loss of one picture against the probability that was given to the right answer."""

from __future__ import annotations

import math

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure
from cnnlab.marks import N_, Translate, untranslated

LEAST = 0.01
_POINTS = 100


def loss(probability: float) -> float:
    """Minus the natural logarithm."""
    return -math.log(probability)


def crossentropy_figure(probability: float, translate: Translate = untranslated) -> Figure:
    """The curve, with the point at `probability`."""
    x = [round(LEAST + (1 - LEAST) * k / (_POINTS - 1), 4) for k in range(_POINTS)]
    curve = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": [round(loss(p), 4) for p in x],
        "line": {"color": TRAINING, "width": 2},
        "hovertemplate": "%{x:.2f}: %{y:.3f}<extra></extra>",
    }
    point = {
        "type": "scatter",
        "mode": "markers",
        "x": [probability],
        "y": [loss(probability)],
        "marker": {"size": 13, "color": VALIDATION},
        "hovertemplate": "%{x:.2f}: %{y:.3f}<extra></extra>",
    }
    return figure(
        [curve, point],
        height=280,
        xaxis={"title": {"text": translate(N_("Probability of the right answer"))}, "range": [0, 1.03]},
        yaxis={"title": {"text": translate(N_("Loss of this picture"))}, "rangemode": "tozero"},
        showlegend=False,
    )
