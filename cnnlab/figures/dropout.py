"""Chart of dropout on a row of neurons: their outputs during inference and in one training batch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnlab.figures.style import TRAINING, Figure, figure
from cnnlab.i18n.marks import N_, Translate, untranslated

UNITS = 20
_GRAY = "#9aa0a6"


class DropoutData(NamedTuple):
    """Outputs of the neurons without dropout, and in this batch: either 0 or multiplied by `scale`."""

    outputs: tuple[float, ...]
    training: tuple[float, ...]
    scale: float

    @property
    def off(self) -> int:
        """Number of neurons that are switched off."""
        return self.training.count(0.0)


def dropout_data(rate: float, batch: int) -> DropoutData:
    """Apply dropout to the same twenty outputs as Keras does; `batch` is the random seed.

    Each neuron is switched off independently with probability `rate`; the others are multiplied by 1 / (1 - rate).
    """
    outputs = np.random.default_rng(0).uniform(0.2, 1.0, UNITS).round(2)
    kept = np.random.default_rng(batch).random(UNITS) >= rate
    scale = 1 / (1 - rate)
    return DropoutData(tuple(outputs.tolist()), tuple((outputs * kept * scale).tolist()), scale)


def dropout_figure(data: DropoutData, translate: Translate = untranslated) -> Figure:
    """Draw two bars per neuron."""
    units = list(range(len(data.outputs)))
    bars = [
        {
            "type": "bar",
            "x": units,
            "y": data.outputs,
            "name": translate(N_("while predicting: all of them")),
            "marker": {"color": _GRAY},
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
