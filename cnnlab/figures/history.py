"""Chart of loss or accuracy over epochs, for one or more runs."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from cnnlab.figures.style import SYMBOLS, TRAINING, TRAINING_LIGHT, VALIDATION, Figure, figure, finite
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.training.events import Batch, Epoch
from cnnlab.training.history import History

Metric = Literal["loss", "accuracy"]

MAX_BATCH_POINTS = 240
"""Maximum number of points of a batch curve, plus the newest; a screen cannot show more."""


class Curve(NamedTuple):
    """Points of a line: epochs (fractional for batches) and values."""

    x: tuple[float, ...]
    y: tuple[float, ...]


class HistoryData(NamedTuple):
    """One run's curves of one metric.

    Attributes:
        best: (epoch, value) of the best epoch, if it is marked.
        rates: (epoch, rate) of each change of the learning rate, by hand or on a plateau.
    """

    name: str
    batches: Curve
    training: Curve
    validation: Curve
    best: tuple[float, float] | None = None
    rates: tuple[tuple[float, float], ...] = ()


class Branch(NamedTuple):
    """Start of a run that continues another one: the number of epochs before, and the report of the last one."""

    epoch: int = 0
    report: Epoch | None = None


NO_BRANCH = Branch()


def history_data(
    history: History, metric: Metric, name: str = "", branch: Branch = NO_BRANCH, best: int | None = None
) -> HistoryData:
    """Return the curves of a run. The running mean within an epoch ends at the epoch's point.

    Args:
        branch: where the curves start.
        best: the number of the epoch to mark.
    """
    start = branch.epoch
    # A branch starts at the last point of the other curve.
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


def thinned(batches: Sequence[Batch]) -> Sequence[Batch]:
    """Return at most `MAX_BATCH_POINTS` of the reports, evenly spaced, and the newest one, which may follow a step."""
    kept = batches[:: -(-len(batches) // MAX_BATCH_POINTS) or 1]
    return [*kept, batches[-1]] if batches and kept[-1] is not batches[-1] else kept


def _within(history: History, metric: Metric, start: int) -> Curve:
    """Return the running means, as a separate line per epoch, since they restart with it.

    If thinning leaves fewer than two points per epoch, they are joined to a single line.
    """
    batches = thinned(history.batches)
    separate = len(batches) == len(history.batches) or len(batches) >= 2 * len(history.epochs)
    reports = {report.epoch: report for report in history.epochs} if separate else {}
    points: list[tuple[float, float]] = []
    for index, batch in enumerate(batches):
        # Rounded to what a screen can show: hundreds of points go to the browser in every update.
        at = start + batch.epoch - 1 + batch.step / batch.steps
        points.append((round(at, 4), round(getattr(batch, metric), 5)))
        last = index + 1 == len(batches) or batches[index + 1].epoch != batch.epoch
        if last and batch.epoch in reports:
            end = float(start + batch.epoch)
            points += [(end, getattr(reports[batch.epoch], metric)), (end, math.nan)]
    return Curve(tuple(at for at, _ in points), tuple(value for _, value in points))


MAX_MARKED_EPOCHS = 10
"""Up to this many epochs, each one has a tick."""
LOG_SCALE_LOSS = 50.0
"""The loss axis is logarithmic from this loss on, which only a diverged run reaches: others would look flat."""
_TITLES = {"loss": N_("Loss (cross-entropy)"), "accuracy": N_("Accuracy")}
_SCALES: dict[Metric, dict[str, Any]] = {"loss": {"rangemode": "tozero"}, "accuracy": {"tickformat": "~%"}}
_FORMATS: dict[Metric, str] = {"loss": ".4f", "accuracy": ".2%"}


def history_figure(
    runs: Sequence[HistoryData],
    metric: Metric,
    translate: Translate = untranslated,
    revision: str = "constant",
    within: bool = True,
) -> Figure:
    """Draw the chart. Runs are distinguished by marker and opacity.

    Args:
        within: whether to draw the running means within epochs.
        revision: while this stays the same, a redrawn chart keeps zoom and hidden lines.
    """
    traces: list[dict[str, Any]] = []
    last = max((run.training.x[-1] for run in runs if run.training.x), default=1.0)
    for index, run in enumerate(runs):
        # Escape the name, since Plotly renders HTML tags.
        prefix = f"{html.escape(run.name, quote=False)}: " if len(runs) > 1 else ""
        strength = 1.0 if index == 0 else 0.75
        marker = {"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 6}
        training, validation = {"color": TRAINING, "width": 2}, {"color": VALIDATION, "width": 2, "dash": "dash"}
        lines = (
            (run.batches, N_("training, within the epoch"), "lines", {"color": TRAINING_LIGHT, "width": 1.5}),
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
                    "hovertemplate": f"%{{x:.2f}}: %{{y:{_FORMATS[metric]}}}",
                }
            )
        if run.best:
            traces.append(_star(run.best, prefix + translate(N_("best epoch")), metric))
    scale = _SCALES[metric]
    if metric == "loss" and any(value > LOG_SCALE_LOSS for run in runs for value in run.validation.y):
        scale = {"type": "log"}
    return figure(
        traces,
        # The legend needs up to two lines per run.
        height=320 + 24 * (len(runs) - 1),
        xaxis=epoch_axis(last, translate),
        yaxis={"title": {"text": translate(_TITLES[metric])}} | scale,
        uirevision=revision,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="x unified",
        **_changes(runs, translate),
    )


def epoch_axis(last: float, translate: Translate) -> dict[str, Any]:
    """Return the epoch axis up to `last`, with ticks at whole epochs even for short runs."""
    plain = {"title": {"text": translate(N_("Epoch"))}, "rangemode": "tozero", "tickformat": "d"}
    return plain | ({"dtick": 1} if last <= MAX_MARKED_EPOCHS else {})


def _changes(runs: Sequence[HistoryData], translate: Translate) -> dict[str, Any]:
    """Return vertical lines with the new rate where the learning rate was changed during training."""
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
    """Return the marker of a run's best epoch."""
    return {
        "type": "scatter",
        "x": point[:1],
        "y": finite(point[1:]),
        "name": name,
        "mode": "markers",
        "marker": {"symbol": "star", "size": 14, "color": VALIDATION, "line": {"width": 1, "color": "#222222"}},
        "showlegend": False,
        "hovertemplate": f"%{{y:{_FORMATS[metric]}}}",
    }
