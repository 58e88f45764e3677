"""Chart of accuracy against cost, one point per run, with the Pareto front."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from cnnlab.evaluation.run_differences import pareto
from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.runs.run import Run

Cost = Literal["parameters", "multiply_adds", "seconds"]
COSTS: Mapping[Cost, str] = {
    "parameters": N_("Parameters"),
    "multiply_adds": N_("Multiply-adds per image"),
    "seconds": N_("Training time (s)"),
}
"""Cost -> the title of its axis (marked for translation)."""

MAX_NAMED = 12
"""Up to this many points have a visible name; otherwise the names would overlap, and appear on hover only."""
LOG_SCALE_RATIO = 20
"""The axis is logarithmic if the largest cost exceeds the smallest by more than this factor."""
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")


class RunPoint(NamedTuple):
    """One run: its cost, its best validation accuracy (0 to 1) and the epoch of that."""

    name: str
    cost: float
    accuracy: float
    epoch: int


class Group(NamedTuple):
    """The runs on one dataset, and its Pareto front, cheapest first. `dataset` is its title."""

    dataset: str
    points: tuple[RunPoint, ...]
    front: tuple[RunPoint, ...]


class ParetoData(NamedTuple):
    """Runs by dataset: accuracies on different images are not comparable."""

    cost: Cost
    groups: tuple[Group, ...]


def pareto_data(runs: Sequence[Run], cost: Cost) -> ParetoData:
    """Return the data of the runs that have completed an epoch."""
    groups: dict[tuple[str, str | None], list[RunPoint]] = {}
    titles = {_images(run): run.dataset.title for run in runs}
    for run in runs:
        if run.best_val_accuracy is not None:
            point = RunPoint(run.name, float(getattr(run, cost)), run.best_val_accuracy, run.best_epoch or 0)
            groups.setdefault(_images(run), []).append(point)
    return ParetoData(
        cost,
        tuple(
            Group(title, tuple(points), tuple(pareto(points, lambda point: point.cost, lambda point: point.accuracy)))
            for title, points in ((titles[images], points) for images, points in groups.items())
        ),
    )


def _images(run: Run) -> tuple[str, str | None]:
    """Return what is equal for runs on the same images: an image set can have changed between two runs."""
    return run.dataset.name, run.dataset.digest


def pareto_figure(data: ParetoData, translate: Translate = untranslated) -> Figure:
    """Draw the points and the Pareto front of each dataset."""
    costs = [point.cost for group in data.groups for point in group.points]
    logarithmic = min(costs, default=0) > 0 and max(costs) / min(costs) > LOG_SCALE_RATIO
    traces = [
        trace for index, group in enumerate(data.groups) for trace in _traces(group, index, len(costs), translate)
    ]
    return figure(
        traces,
        height=360,
        xaxis={"title": {"text": translate(COSTS[data.cost])}, "type": "log" if logarithmic else "linear"}
        | ({} if logarithmic else {"rangemode": "tozero"}),
        yaxis={"title": {"text": translate(N_("Best validation accuracy"))}, "tickformat": ".1%"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
    )


def _traces(group: Group, index: int, count: int, translate: Translate) -> list[dict[str, Any]]:
    hover = translate(N_("{name}: {accuracy:.2%} in epoch {epoch}"))
    dataset = html.escape(translate(group.dataset), quote=False)
    # Escape the names, since Plotly renders HTML tags.
    names = [html.escape(point.name, quote=False) for point in group.points]
    shown = {"textposition": "top center", "cliponaxis": False}
    points = {
        "type": "scatter",
        "mode": "markers+text" if count <= MAX_NAMED else "markers",
        "x": [point.cost for point in group.points],
        "y": [point.accuracy for point in group.points],
        "text": names,
        "name": dataset,
        "marker": {
            "symbol": _SYMBOLS[index % len(_SYMBOLS)],
            "size": [12 if point in group.front else 8 for point in group.points],
            "color": TRAINING,
        },
        "hovertext": [
            hover.format(name=name, accuracy=point.accuracy, epoch=point.epoch)
            for name, point in zip(names, group.points, strict=True)
        ],
        "hovertemplate": "%{hovertext}<br>%{x:,.4~g}<extra></extra>",
    }
    front = {
        "type": "scatter",
        "mode": "lines",
        "x": [point.cost for point in group.front],
        "y": [point.accuracy for point in group.front],
        "name": translate(N_("Pareto front: no other run is cheaper and better ({dataset})")).format(dataset=dataset),
        "line": {"color": VALIDATION, "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }
    return [points | shown, front]
