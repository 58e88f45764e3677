"""The reliability diagram: how often a network is right when it is so and so sure."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnnlab.evaluation import Reliability
from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure, finite
from cnnlab.marks import N_, Translate, untranslated


class ReliabilityData(NamedTuple):
    """Bins of confidence, from low to high; what has no answers is not a number.

    Attributes:
        middles: of the bins, 0 to 1.
        width: of a bin.
        confidence: mean confidence of the answers in it.
        accuracy: the share of right ones.
        counts: how many there are.
    """

    middles: tuple[float, ...]
    width: float
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    counts: tuple[int, ...]


def reliability_data(bins: Reliability) -> ReliabilityData:
    """Of the bins that `evaluation.reliability` made."""
    middles = (bins.edges[:-1] + bins.edges[1:]) / 2
    return ReliabilityData(
        tuple(middles.round(6).tolist()),
        round(float(bins.edges[1] - bins.edges[0]), 6),
        tuple(bins.confidence.round(4).tolist()),
        tuple(bins.accuracy.round(4).tolist()),
        tuple(bins.counts.tolist()),
    )


def reliability_figure(data: ReliabilityData, translate: Translate = untranslated, height: int = 320) -> Figure:
    """Bars of accuracy with their counts, and the diagonal on which a network stands that knows how sure it may be.

    A bar below the diagonal: too sure; above it: not sure enough.
    """
    hover = translate(N_("{count:,} answers, {confidence:.1%} sure on average, {accuracy:.1%} of them right"))
    bars: dict[str, Any] = {
        "type": "bar",
        "x": data.middles,
        "y": finite(data.accuracy),
        "width": data.width,
        "marker": {"color": TRAINING, "opacity": 0.85, "line": {"color": "rgba(255,255,255,0.8)", "width": 1}},
        "text": [f"{count:,}" if count else "" for count in data.counts],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertext": [
            hover.format(count=count, confidence=confidence, accuracy=accuracy) if count else ""
            for count, confidence, accuracy in zip(data.counts, data.confidence, data.accuracy, strict=True)
        ],
        "hoverinfo": "text",
        "name": translate(N_("Accuracy")),
    }
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": VALIDATION, "dash": "dash", "width": 2},
        "hoverinfo": "skip",
        "name": translate(N_("Perfectly calibrated")),
    }
    share = {"tickformat": ".0%", "dtick": 0.2, "fixedrange": True}
    return figure(
        [bars, diagonal],
        height,
        xaxis=share | {"title": {"text": translate(N_("Confidence"))}, "range": [0, 1.02]},
        yaxis=share | {"title": {"text": translate(N_("Accuracy"))}, "range": [0, 1.1]},
        legend={"orientation": "h", "y": 1.12},
    )
