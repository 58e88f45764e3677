"""Reliability diagram: accuracy at each confidence level."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnnlab.evaluation.metrics import Reliability
from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure, finite
from cnnlab.i18n.marks import N_, Translate, nN_, untranslated


class ReliabilityData(NamedTuple):
    """Bins of confidence, from low to high. Values of an empty bin are NaN.

    Attributes:
        centers: centers of the bins, 0 to 1.
        width: width of a bin.
        confidence: mean confidence of a bin's predictions.
        accuracy: share of correct predictions.
        counts: number of predictions.
    """

    centers: tuple[float, ...]
    width: float
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    counts: tuple[int, ...]


def reliability_data(bins: Reliability) -> ReliabilityData:
    """Return the data of the bins from `metrics.reliability`."""
    centers = (bins.edges[:-1] + bins.edges[1:]) / 2
    return ReliabilityData(
        tuple(centers.round(6).tolist()),
        round(float(bins.edges[1] - bins.edges[0]), 6),
        tuple(bins.confidence.round(4).tolist()),
        tuple(bins.accuracy.round(4).tolist()),
        tuple(bins.counts.tolist()),
    )


def reliability_figure(data: ReliabilityData, translate: Translate = untranslated, height: int = 320) -> Figure:
    """Draw bars of accuracy with their counts, and the diagonal of perfect calibration.

    A bar below the diagonal means overconfidence, above it underconfidence.
    """
    bars: dict[str, Any] = {
        "type": "bar",
        "x": data.centers,
        "y": finite(data.accuracy),
        "width": data.width,
        "marker": {"color": TRAINING, "opacity": 0.85, "line": {"color": "rgba(255,255,255,0.8)", "width": 1}},
        "text": [f"{count:,}" if count else "" for count in data.counts],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertext": [
            translate(_hover(count)).format(count=count, confidence=confidence, accuracy=accuracy) if count else ""
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


def _hover(count: int) -> str:
    return nN_(
        "{count:,} prediction, average confidence {confidence:.1%}, accuracy {accuracy:.1%}",
        "{count:,} predictions, average confidence {confidence:.1%}, accuracy {accuracy:.1%}",
        count,
    )
