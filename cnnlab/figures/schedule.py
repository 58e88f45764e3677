"""Chart of a learning-rate schedule before training."""

from __future__ import annotations

from typing import NamedTuple

from cnnlab.figures.history import epoch_axis
from cnnlab.figures.style import TRAINING, Figure, figure
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.training.schedule import learning_rate
from cnnlab.training.spec import TrainingSpec

POINTS = 200


class ScheduleData(NamedTuple):
    """Epochs (fractional) and the learning rate at each."""

    epochs: tuple[float, ...]
    rates: tuple[float, ...]


def schedule_data(training: TrainingSpec) -> ScheduleData:
    """Return the learning rate at `POINTS` + 1 equally spaced points from start to end."""
    epochs = tuple(training.epochs * k / POINTS for k in range(POINTS + 1))
    return ScheduleData(epochs, tuple(learning_rate(training, epoch) for epoch in epochs))


def schedule_figure(data: ScheduleData, translate: Translate = untranslated) -> Figure:
    """Draw the schedule."""
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
