"""Dropout on a row of neurons: their outputs while predicting, and in one batch of training."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnlab.figures.style import TRAINING, Figure, figure
from cnnlab.marks import N_, Translate, untranslated

UNITS = 20
_GREY = "#9aa0a6"


class DropoutData(NamedTuple):
    """Outputs of the neurons without dropout, and in this batch: 0, or times `scale`."""

    outputs: tuple[float, ...]
    training: tuple[float, ...]
    scale: float

    @property
    def off(self) -> int:
        """How many are switched off."""
        return self.training.count(0.0)


def dropout_data(rate: float, batch: int) -> DropoutData:
    """The same twenty outputs each time; which are switched off depends on the batch. As Keras does it: each neuron by
    itself with probability `rate`, the others times 1 / (1 - rate)."""
    outputs = np.random.default_rng(0).uniform(0.2, 1.0, UNITS).round(2)
    kept = np.random.default_rng(batch).random(UNITS) >= rate
    scale = 1 / (1 - rate)
    return DropoutData(tuple(outputs.tolist()), tuple((outputs * kept * scale).tolist()), scale)


def dropout_figure(data: DropoutData, translate: Translate = untranslated) -> Figure:
    """Two bars for each neuron."""
    units = list(range(len(data.outputs)))
    bars = [
        {
            "type": "bar",
            "x": units,
            "y": data.outputs,
            "name": translate(N_("while predicting: all of them")),
            "marker": {"color": _GREY},
            "hovertemplate": "%{y:.2f}",
        },
        {
            "type": "bar",
            "x": units,
            "y": data.training,
            "name": translate(N_("while training: this batch")),
            "marker": {"color": TRAINING},
            "hovertemplate": "%{y:.2f}",
        },
    ]
    return figure(
        bars,
        height=300,
        barmode="group",
        xaxis={"title": {"text": translate(N_("Neuron"))}, "dtick": 1},
        yaxis={"title": {"text": translate(N_("Output"))}, "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
