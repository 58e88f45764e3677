"""Chart of the loss of one image as a function of the probability of the correct class."""

from __future__ import annotations

import math

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure
from cnnlab.i18n.marks import N_, Translate, untranslated

MIN_PROBABILITY = 0.01
_POINTS = 100


def loss(probability: float) -> float:
    """Return the cross-entropy: minus the natural logarithm of the probability."""
    return -math.log(probability)


def crossentropy_figure(probability: float, translate: Translate = untranslated) -> Figure:
    """Draw the curve, with a point at `probability`."""
    x = [round(MIN_PROBABILITY + (1 - MIN_PROBABILITY) * k / (_POINTS - 1), 4) for k in range(_POINTS)]
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
        xaxis={"title": {"text": translate(N_("Probability of the correct class"))}, "range": [0, 1.03]},
        yaxis={"title": {"text": translate(N_("Loss of this image"))}, "rangemode": "tozero"},
        showlegend=False,
    )
