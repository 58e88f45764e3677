"""Charts of the diagnostics: the learning rate, and the update-to-weight ratio of each layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cnnlab.figures.history import Curve, epoch_axis, thinned
from cnnlab.figures.style import SYMBOLS, TRAINING, Figure, figure, finite
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.training.events import Watch
from cnnlab.training.history import History
from cnnlab.training.spec import Schedule

_COLORS = ("#2f83d6", "#e0702a", "#3a9d5d", "#8a63c9", "#b8860b", "#c2497f", "#4a9fa5", "#7f7f7f")
HEIGHT = 300
"""Height of both charts in pixels."""
_USUAL_RANGE = (1e-4, 1e-2)
"""Ratios around 1e-3 are typical (Karpathy, CS231n: "the ratio of updates to weights")."""


def rate_data(history: History) -> Curve:
    """Return the learning rate over epochs, from the reports of batches and epochs."""
    points = [
        (batch.epoch - 1 + batch.step / batch.steps, batch.learning_rate)
        for batch in thinned(history.batches)
        if batch.learning_rate is not None
    ]
    points += [(float(epoch.epoch), epoch.learning_rate) for epoch in history.epochs]
    points.sort()
    return Curve(tuple(at for at, _ in points), tuple(rate for _, rate in points))


def rate_figure(data: Curve, schedule: Schedule, translate: Translate = untranslated) -> Figure:
    """Draw the learning rate, with steps or straight lines between two reports, depending on the schedule."""
    curve = {
        "type": "scatter",
        "x": data.x,
        "y": finite(data.y),
        "mode": "lines",
        "line": {"color": TRAINING, "shape": "hv" if schedule in ("constant", "step") else "linear"},
        "hovertemplate": "%{x:.2f}: %{y:.3g}<extra></extra>",
    }
    axis = {"title": {"text": translate(N_("Learning rate"))}, "rangemode": "tozero", "exponentformat": "power"}
    return figure([curve], HEIGHT, xaxis=epoch_axis(data.x[-1], translate), yaxis=axis)


class UpdatesData(NamedTuple):
    """For each layer with weights, the epochs and the mean |update| divided by the mean |weight|."""

    layers: tuple[str, ...]
    curves: tuple[Curve, ...]


def updates_data(watches: Sequence[Watch]) -> UpdatesData:
    """Return the ratios of the trained layers; frozen layers have no updates."""
    layers = [name for name, layer in watches[-1].layers.items() if layer.updates] if watches else []
    curves = []
    for name in layers:
        points = [
            (float(watch.epoch), layer.updates / layer.weights)
            for watch in watches
            if (layer := watch.layers.get(name)) and layer.updates and layer.weights
        ]
        curves.append(Curve(tuple(at for at, _ in points), tuple(ratio for _, ratio in points)))
    return UpdatesData(tuple(layers), tuple(curves))


def updates_figure(data: UpdatesData, translate: Translate = untranslated) -> Figure:
    """Draw one line per layer on a logarithmic axis, with the typical range shaded."""
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": curve.x,
            "y": finite(curve.y),
            "name": name,
            "mode": "lines+markers",
            "line": {"color": _COLORS[index % len(_COLORS)]},
            "marker": {"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 6},
            "hovertemplate": "%{y:.2g}",
        }
        for index, (name, curve) in enumerate(zip(data.layers, data.curves, strict=True))
    ]
    band = {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": "y",
        "y0": _USUAL_RANGE[0],
        "y1": _USUAL_RANGE[1],
    }
    return figure(
        traces,
        HEIGHT,
        xaxis=epoch_axis(max((curve.x[-1] for curve in data.curves), default=1.0), translate),
        yaxis={
            "title": {"text": translate(N_("Update-to-weight ratio"))},
            "type": "log",
            "exponentformat": "power",
        },
        shapes=[band | {"fillcolor": "#3a9d5d", "opacity": 0.1, "line": {"width": 0}, "layer": "below"}],
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
