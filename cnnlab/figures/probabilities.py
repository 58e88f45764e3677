"""Bar chart of a network's outputs: class probabilities, or scores."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from cnnlab.figures.style import TRAINING, VALIDATION, Figure, figure, finite
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.network.outputs import OutputKind, format_output


class ProbabilitiesData(NamedTuple):
    """Class names and outputs, in the order of the classes. Probabilities are from 0 to 1; see `OutputKind`."""

    names: tuple[str, ...]
    shares: tuple[float, ...]
    kind: OutputKind = "probabilities"

    @property
    def best(self) -> int:
        """Index of the class with the highest output."""
        return self.shares.index(max(self.shares))


def probabilities_data(
    scores: np.ndarray, names: tuple[str, ...], kind: OutputKind = "probabilities"
) -> ProbabilitiesData:
    """Return the data of one prediction, (classes,)."""
    return ProbabilitiesData(names, tuple(round(float(score), 4) for score in scores), kind)


def probabilities_figure(data: ProbabilitiesData, translate: Translate = untranslated, height: int = 200) -> Figure:
    """Draw the bars, with their values; the highest one is highlighted. Scores are no percentages."""
    probable = data.kind == "probabilities"
    title = N_("Probability") if probable else N_("Score")
    upright: Figure = {"range": [0, 1.12], "tickformat": ".0%"} if probable else {}
    bars = {
        "type": "bar",
        "x": data.names,
        "y": finite(data.shares),
        "marker": {"color": [VALIDATION if k == data.best else TRAINING for k in range(len(data.names))]},
        "text": [_label(share, data.kind) for share in data.shares],
        # Plotly would rotate a text inside a bar that is narrower than the text.
        "textposition": "outside",
        "textangle": 0,
        "cliponaxis": False,
        "hovertemplate": "%{x}: %{y:.2%}<extra></extra>" if probable else "%{x}: %{y:.4g}<extra></extra>",
    }
    return figure(
        [bars],
        height=height,
        xaxis={"title": {"text": translate(N_("Class"))}, "type": "category", "showgrid": False},
        yaxis={"title": {"text": translate(title)}} | upright,
    )


def _label(share: float, kind: OutputKind) -> str:
    """Return the text above a bar; none for a probability that rounds to 0%."""
    if not math.isfinite(share):
        return ""
    if kind == "probabilities":
        return format_output(share, kind, 0) if share >= 0.005 else ""
    return f"{share:.3g}"
