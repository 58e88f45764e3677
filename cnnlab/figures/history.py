"""Loss and accuracy against epochs, for one or more runs on the same axes."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from cnnlab.figures.style import SYMBOLS, TRAINING, VALIDATION, WITHIN, Figure, figure, finite
from cnnlab.marks import N_, Translate, untranslated
from cnnlab.training.events import Epoch
from cnnlab.training.history import History

Metric = Literal["loss", "accuracy"]

MOST_BATCH_POINTS = 240
"""More than these cannot be told apart on a screen; the others are left out evenly."""


class Curve(NamedTuple):
    """Points of one line: epochs (whole, or in part for batches) and values."""

    x: tuple[float, ...]
    y: tuple[float, ...]


class HistoryData(NamedTuple):
    """One run's curves of one metric.

    Attributes:
        best: the point (epoch, value) of its best epoch, where that is marked.
        rates: where the learning rate was changed by hand or on a plateau, (epoch, rate).
    """

    name: str
    batches: Curve
    training: Curve
    validation: Curve
    best: tuple[float, float] | None = None
    rates: tuple[tuple[float, float], ...] = ()


class Branch(NamedTuple):
    """Where a run begins that goes on from another's weights: after so many epochs, and what was reported there."""

    epoch: int = 0
    report: Epoch | None = None


FROM_NOTHING = Branch()


def history_data(
    history: History, metric: Metric, name: str = "", branch: Branch = FROM_NOTHING, best: int | None = None
) -> HistoryData:
    """The curves of a run. The running mean within an epoch ends where the epoch's own point stands.

    Args:
        branch: from where the curves go on.
        best: the number of the epoch to be marked.
    """
    start = branch.epoch
    # A branch begins in the very point of the curve that it leaves.
    reports = [(start, branch.report)] * bool(branch.report) + [(start + one.epoch, one) for one in history.epochs]
    epochs = tuple(float(epoch) for epoch, _ in reports)
    marked = next((report for report in history.epochs if report.epoch == best), None)
    return HistoryData(
        name,
        _within(history, metric, start),
        Curve(epochs, tuple(getattr(report, metric) for _, report in reports)),
        Curve(epochs, tuple(getattr(report, f"val_{metric}") for _, report in reports)),
        (float(start + marked.epoch), getattr(marked, f"val_{metric}")) if marked else None,
        tuple((start + change.epoch, change.learning_rate) for change in history.rates),
    )


def _within(history: History, metric: Metric, start: int) -> Curve:
    """The running means: each epoch a line of its own, since they begin anew with it. Where so many are left out that
    an epoch has no two of them, one line goes through all."""
    batches = history.batches[:: -(-len(history.batches) // MOST_BATCH_POINTS) or 1]
    apart = len(batches) == len(history.batches) or len(batches) >= 2 * len(history.epochs)
    reports = {report.epoch: report for report in history.epochs} if apart else {}
    points: list[tuple[float, float]] = []
    for place, batch in enumerate(batches):
        points.append((start + batch.epoch - 1 + batch.step / batch.steps, getattr(batch, metric)))
        last = place + 1 == len(batches) or batches[place + 1].epoch != batch.epoch
        if last and batch.epoch in reports:
            end = float(start + batch.epoch)
            points += [(end, getattr(reports[batch.epoch], metric)), (end, math.nan)]
    return Curve(tuple(at for at, _ in points), tuple(value for _, value in points))


FEW_EPOCHS = 10
FAR_OUT = 50.0
"""Beside a loss above this, which only a run that has gone wrong has, ordinary ones lie flat on a linear axis."""
_TITLES = {"loss": N_("Loss (cross-entropy)"), "accuracy": N_("Accuracy (share right)")}
_SCALES: dict[Metric, dict[str, Any]] = {"loss": {"rangemode": "tozero"}, "accuracy": {"tickformat": "~%"}}
_NUMBERS: dict[Metric, str] = {"loss": ".4f", "accuracy": ".2%"}


def history_figure(
    runs: Sequence[HistoryData],
    metric: Metric,
    translate: Translate = untranslated,
    revision: str = "constant",
    within: bool = True,
) -> Figure:
    """The chart. Runs differ by marker and strength; the first is the strongest.

    Args:
        within: whether the running means within epochs are drawn.
        revision: while it stays the same, a redrawn chart keeps the reader's zoom and hidden lines.
    """
    traces: list[dict[str, Any]] = []
    last = max((run.training.x[-1] for run in runs if run.training.x), default=1.0)
    for place, run in enumerate(runs):
        # Plotly takes angle brackets in a stranger's text for markup.
        prefix = f"{html.escape(run.name, quote=False)}: " if len(runs) > 1 else ""
        strength = 1.0 if place == 0 else 0.75
        marker = {"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 6}
        training, validation = {"color": TRAINING, "width": 2}, {"color": VALIDATION, "width": 2, "dash": "dash"}
        lines = (
            (run.batches, N_("training, within the epoch"), "lines", {"color": WITHIN, "width": 1.5}),
            (run.training, N_("training"), "lines+markers", training),
            (run.validation, N_("validation"), "lines+markers", validation),
        )
        for curve, label, mode, line in lines if within else lines[1:]:
            traces.append(
                {
                    "type": "scatter",
                    "x": curve.x,
                    "y": finite(curve.y),
                    "name": prefix + translate(label),
                    "mode": mode,
                    "line": line,
                    "marker": marker,
                    "opacity": strength,
                    "hovertemplate": f"%{{x:.2f}}: %{{y:{_NUMBERS[metric]}}}",
                }
            )
        if run.best:
            traces.append(_star(run.best, prefix + translate(N_("best epoch")), metric))
    scale = _SCALES[metric]
    if metric == "loss" and any(value > FAR_OUT for run in runs for value in run.validation.y):
        scale = {"type": "log"}
    return figure(
        traces,
        # The legend takes a line or two a run.
        height=320 + 24 * (len(runs) - 1),
        xaxis=epoch_axis(last, translate),
        yaxis={"title": {"text": translate(_TITLES[metric])}} | scale,
        uirevision=revision,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        **_changes(runs, translate),
    )


def epoch_axis(last: float, translate: Translate) -> dict[str, Any]:
    """The axis of epochs up to `last`, marked at whole ones: a short run would otherwise have marks at halves."""
    plain = {"title": {"text": translate(N_("Epoch"))}, "rangemode": "tozero", "tickformat": "d"}
    return plain | ({"dtick": 1} if last <= FEW_EPOCHS else {})


def _changes(runs: Sequence[HistoryData], translate: Translate) -> dict[str, Any]:
    """A line, with the new learning rate beside it, wherever that was changed while the run trained."""
    changes = [change for run in runs for change in run.rates]
    if not changes:
        return {}
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 1, "dash": "dot", "color": "#888888"}}
    text = {"yref": "paper", "y": 1, "yanchor": "top", "xanchor": "left", "showarrow": False, "textangle": 90}
    rate = translate(N_("learning rate {rate:.3g}"))
    return {
        "shapes": [line | {"x0": epoch, "x1": epoch} for epoch, _ in changes],
        "annotations": [text | {"x": epoch, "text": rate.format(rate=value)} for epoch, value in changes],
    }


def _star(point: tuple[float, float], name: str, metric: Metric) -> dict[str, Any]:
    """The mark of a run's best epoch."""
    return {
        "type": "scatter",
        "x": point[:1],
        "y": finite(point[1:]),
        "name": name,
        "mode": "markers",
        "marker": {"symbol": "star", "size": 14, "color": VALIDATION, "line": {"width": 1, "color": "#222222"}},
        "showlegend": False,
        "hovertemplate": f"%{{y:{_NUMBERS[metric]}}}",
    }
