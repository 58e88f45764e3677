"""The learning rate over a whole training, before it has begun."""

from __future__ import annotations

from typing import NamedTuple

from cnnlab.figures.history import epoch_axis
from cnnlab.figures.style import TRAINING, Figure, figure
from cnnlab.marks import N_, Translate, untranslated
from cnnlab.training.schedule import learning_rate
from cnnlab.training.spec import TrainingSpec

POINTS = 200


class ScheduleData(NamedTuple):
    """Epochs, in part too, and the learning rate after them."""

    epochs: tuple[float, ...]
    rates: tuple[float, ...]


def schedule_data(training: TrainingSpec) -> ScheduleData:
    """The learning rate at `POINTS` + 1 moments from the beginning to the end."""
    epochs = tuple(training.epochs * k / POINTS for k in range(POINTS + 1))
    return ScheduleData(epochs, tuple(learning_rate(training, epoch) for epoch in epochs))


def schedule_figure(data: ScheduleData, translate: Translate = untranslated) -> Figure:
    """The curve."""
    curve = {
        "type": "scatter",
        "x": data.epochs,
        "y": data.rates,
        "mode": "lines",
        "line": {"color": TRAINING},
        "hovertemplate": "%{x:.1f}: %{y:.3g}<extra></extra>",
    }
    rate = {"title": {"text": translate(N_("Learning rate"))}, "rangemode": "tozero", "exponentformat": "power"}
    return figure([curve], height=200, xaxis=epoch_axis(data.epochs[-1], translate), yaxis=rate)
