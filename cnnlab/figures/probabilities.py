"""Class probabilities as bars."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure, finite
from cnnlab.marks import N_, Translate, untranslated


class ProbabilitiesData(NamedTuple):
    """Class names and their probabilities, 0 to 1, in the order of the classes."""

    names: tuple[str, ...]
    shares: tuple[float, ...]

    @property
    def best(self) -> int:
        """The class with the highest probability."""
        return self.shares.index(max(self.shares))


def probabilities_data(scores: np.ndarray, names: tuple[str, ...]) -> ProbabilitiesData:
    """Of one answer, (classes,)."""
    return ProbabilitiesData(names, tuple(round(float(score), 4) for score in scores))


def probabilities_figure(data: ProbabilitiesData, translate: Translate = untranslated, height: int = 200) -> Figure:
    """The bars; the highest stands out by colour and by its number."""
    bars = {
        "type": "bar",
        "x": data.names,
        "y": finite(data.shares),
        "marker": {"color": [VALIDATION if k == data.best else TRAINING for k in range(len(data.names))]},
        "text": [f"{share:.0%}" if share >= 0.005 else "" for share in data.shares],
        # Inside a bar that is narrower than its number it would be turned round.
        "textposition": "outside",
        "textangle": 0,
        "cliponaxis": False,
        "hovertemplate": "%{x}: %{y:.2%}<extra></extra>",
    }
    return figure(
        [bars],
        height=height,
        xaxis={"title": {"text": translate(N_("Class"))}, "type": "category", "showgrid": False},
        yaxis={"title": {"text": translate(N_("Probability"))}, "range": [0, 1.12], "tickformat": ".0%"},
    )
