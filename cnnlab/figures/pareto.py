"""Accuracy against what it costs, a point a run, with the runs that no other beats joined by a line."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from cnnlab.comparing import pareto
from cnnlab.datasets import DATASETS
from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure
from cnnlab.marks import N_, Translate, untranslated
from cnnlab.runs.record import Run

Cost = Literal["parameters", "multiply_adds", "seconds"]
COSTS: Mapping[Cost, str] = {
    "parameters": N_("Parameters"),
    "multiply_adds": N_("Multiply-adds for one image"),
    "seconds": N_("Seconds of training"),
}
"""What a run costs -> the title of its axis (marked)."""

MOST_NAMED = 12
"""Of more points the names would cover each other; they appear on hover."""
WIDE = 20
"""From such a ratio of the largest to the smallest on, the axis is logarithmic."""
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")


class Cell(NamedTuple):
    """One run: what it cost, its best validation accuracy (0 to 1) and the epoch in which it had it."""

    name: str
    cost: float
    accuracy: float
    epoch: int


class Group(NamedTuple):
    """The runs on one dataset, and those of them on the Pareto front, the cheapest first."""

    dataset: str
    points: tuple[Cell, ...]
    front: tuple[Cell, ...]


class ParetoData(NamedTuple):
    """Runs by dataset: accuracies on different images cannot beat each other."""

    cost: Cost
    groups: tuple[Group, ...]


def pareto_data(runs: Sequence[Run], cost: Cost) -> ParetoData:
    """Of the runs that have a whole epoch."""
    groups: dict[str, list[Cell]] = {}
    for run in runs:
        if run.best_val_accuracy is not None:
            point = Cell(run.name, float(getattr(run, cost)), run.best_val_accuracy, run.best_epoch or 0)
            groups.setdefault(run.training.dataset, []).append(point)
    return ParetoData(
        cost,
        tuple(
            Group(dataset, tuple(points), tuple(pareto(points, lambda point: point.cost, lambda point: point.accuracy)))
            for dataset, points in groups.items()
        ),
    )


def pareto_figure(data: ParetoData, translate: Translate = untranslated) -> Figure:
    """For each dataset its points, then its front."""
    costs = [point.cost for group in data.groups for point in group.points]
    wide = min(costs, default=0) > 0 and max(costs) / min(costs) > WIDE
    traces = [
        trace for place, group in enumerate(data.groups) for trace in _traces(group, place, len(costs), translate)
    ]
    return figure(
        traces,
        height=360,
        xaxis={"title": {"text": translate(COSTS[data.cost])}, "type": "log" if wide else "linear"}
        | ({} if wide else {"rangemode": "tozero"}),
        yaxis={"title": {"text": translate(N_("Best validation accuracy"))}, "tickformat": ".1%"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        hovermode="closest",
    )


def _traces(group: Group, place: int, count: int, translate: Translate) -> list[dict[str, Any]]:
    hover = translate(N_("{name}: {accuracy:.2%} in epoch {epoch}"))
    dataset = translate(DATASETS[group.dataset].title)
    # Plotly takes angle brackets in a stranger's text for markup.
    names = [html.escape(point.name, quote=False) for point in group.points]
    shown = {"textposition": "top center", "cliponaxis": False}
    points = {
        "type": "scatter",
        "mode": "markers+text" if count <= MOST_NAMED else "markers",
        "x": [point.cost for point in group.points],
        "y": [point.accuracy for point in group.points],
        "text": names,
        "name": dataset,
        "marker": {
            "symbol": _SYMBOLS[place % len(_SYMBOLS)],
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
        "name": translate(N_("Pareto front: no other is better and cheaper ({dataset})")).format(dataset=dataset),
        "line": {"color": VALIDATION, "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }
    return [points | shown, front]
