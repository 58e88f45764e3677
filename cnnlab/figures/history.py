"""Loss and accuracy against epochs, for one or more runs on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure, finite
from cnnlab.marks import N_, Translate, untranslated
from cnnlab.training.history import History

Metric = Literal["loss", "accuracy"]

MOST_BATCH_POINTS = 400
"""More than these cannot be told apart on a screen; the others are left out evenly."""


class Curve(NamedTuple):
    """Points of one line: epochs (whole, or in part for batches) and values."""

    x: tuple[float, ...]
    y: tuple[float, ...]


class HistoryData(NamedTuple):
    """One run's curves of one metric."""

    name: str
    batches: Curve
    training: Curve
    validation: Curve


def history_data(history: History, metric: Metric, name: str = "") -> HistoryData:
    """The curves of a run. The running mean within an epoch ends where the epoch's own point stands."""
    batches = history.batches[:: -(-len(history.batches) // MOST_BATCH_POINTS) or 1]
    epochs = tuple(float(epoch.epoch) for epoch in history.epochs)
    return HistoryData(
        name,
        Curve(
            tuple(batch.epoch - 1 + batch.step / batch.steps for batch in batches),
            tuple(getattr(batch, metric) for batch in batches),
        ),
        Curve(epochs, tuple(getattr(epoch, metric) for epoch in history.epochs)),
        Curve(epochs, tuple(getattr(epoch, f"val_{metric}") for epoch in history.epochs)),
    )


FEW_EPOCHS = 10
_TITLES = {"loss": N_("Loss (cross-entropy)"), "accuracy": N_("Accuracy (share right)")}
_SYMBOLS = ("circle", "square", "diamond", "cross")


def history_figure(
    runs: Sequence[HistoryData], metric: Metric, translate: Translate = untranslated, revision: str = "constant"
) -> Figure:
    """The chart. Runs differ by marker and strength; the first is the strongest.

    Args:
        revision: while it stays the same, a redrawn chart keeps the reader's zoom and hidden lines.
    """
    traces: list[dict[str, Any]] = []
    last = max((run.training.x[-1] for run in runs if run.training.x), default=1.0)
    for place, run in enumerate(runs):
        prefix = f"{run.name}: " if len(runs) > 1 else ""
        strength = 1.0 if place == 0 else 0.55
        marker = {"symbol": _SYMBOLS[place % len(_SYMBOLS)], "size": 6}
        training, validation = {"color": TRAINING, "width": 2}, {"color": VALIDATION, "width": 2, "dash": "dash"}
        lines = (
            (run.batches, N_("training, within the epoch"), "lines", {**training, "width": 1}, strength * 0.7),
            (run.training, N_("training"), "lines+markers", training, strength),
            (run.validation, N_("validation"), "lines+markers", validation, strength),
        )
        for curve, label, mode, line, opacity in lines:
            traces.append(
                {
                    "type": "scatter",
                    "x": curve.x,
                    "y": finite(curve.y),
                    "name": prefix + translate(label),
                    "mode": mode,
                    "line": line,
                    "marker": marker,
                    "opacity": opacity,
                    "hovertemplate": "%{x:.2f}: %{y:.4f}",
                }
            )
    return figure(
        traces,
        height=320,
        # Whole epochs only: a short run would otherwise have marks at one half.
        xaxis={"title": {"text": translate(N_("Epoch"))}, "rangemode": "tozero", "tickformat": "d"}
        | ({"dtick": 1} if last <= FEW_EPOCHS else {}),
        yaxis={"title": {"text": translate(_TITLES[metric])}, "rangemode": "tozero" if metric == "loss" else "normal"},
        uirevision=revision,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
    )
