"""Scatter plot of images in feature space, colored by true class; mistakes have a different symbol.

`customdata` of a point is the index of its image, which the page shows next to the plot.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnnlab.figures.style import Figure, figure
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.network.outputs import OutputKind, format_output

COLORS = (
    *("#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#edc948"),
    *("#17a2a2", "#9c755f", "#ff7fb0", "#8a9a2f", "#7f7f7f"),
)
"""One per class, repeated after the tenth. No red, which marks mistakes in other figures."""

CORRECT_SYMBOL, MISTAKE_SYMBOL = "circle", "x"


class ScatterData(NamedTuple):
    """Points, in the order of the images.

    Attributes:
        x, y: coordinates, without unit.
        labels, predictions: class indices.
        confidence: the output of the predicted class, a probability from 0 to 1 or a score.
        names: the class names.
        kind: what the outputs are.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    labels: tuple[int, ...]
    predictions: tuple[int, ...]
    confidence: tuple[float, ...]
    names: tuple[str, ...]
    kind: OutputKind = "probabilities"

    def nearest(self, x: float, y: float) -> int:
        """Return the index of the point nearest to a click at (x, y)."""
        return int(np.hypot(np.array(self.x) - x, np.array(self.y) - y).argmin())


def scatter_data(
    points: np.ndarray,
    labels: np.ndarray,
    probabilities: np.ndarray,
    names: tuple[str, ...],
    kind: OutputKind = "probabilities",
) -> ScatterData:
    """Return the data from points float (n, 2), true classes (n,) and outputs (n, classes)."""
    # Five significant digits are finer than any screen.
    decimals = 5 - int(np.ceil(np.log10(max(float(np.abs(points).max(initial=0)), 1e-30))))
    x, y = points.astype(np.float64).round(decimals).T.tolist()
    predictions, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1).astype(np.float64).round(4)
    return ScatterData(
        *(tuple(x), tuple(y), tuple(labels.tolist()), tuple(predictions.tolist()), tuple(confidence.tolist())),
        names,
        kind,
    )


def scatter_figure(data: ScatterData, translate: Translate = untranslated, height: int = 480) -> Figure:
    """Draw one trace per class, then one that adds the symbol of mistakes to the legend."""
    names = [translate(name) for name in data.names]
    traces = [_points(data, k, names, translate) for k in range(len(names))]
    symbol = {"symbol": MISTAKE_SYMBOL, "size": 10, "color": "#7f7f7f"}
    legend = {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "marker": symbol, "hoverinfo": "skip"}
    # The axes have no meaning, only distances do; both have the same scale.
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False}
    return figure(
        [*traces, legend | {"name": translate(N_("mistake"))}],
        height,
        xaxis=bare,
        yaxis=bare | {"scaleanchor": "x"},
        margin={"l": 12, "r": 12, "t": 12, "b": 12},
        hovermode="closest",
        # Below the map, which needs the whole width on a phone.
        legend={"itemsizing": "constant", "orientation": "h", "y": 0, "yanchor": "top"},
    )


def _points(data: ScatterData, label: int, names: list[str], translate: Translate) -> dict[str, Any]:
    correct, mistake = "{label} ({share})", translate(N_("{label}, predicted as {prediction} ({share})"))
    chosen = [k for k, labels in enumerate(data.labels) if labels == label]
    # Correct predictions first: the legend shows the first point's symbol, and mistakes are drawn on top.
    chosen.sort(key=lambda k: data.predictions[k] != label)
    mistaken = [data.predictions[k] != label for k in chosen]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": names[label],
        "x": [data.x[k] for k in chosen],
        "y": [data.y[k] for k in chosen],
        "customdata": chosen,
        "marker": {
            "color": COLORS[label % len(COLORS)],
            "symbol": [MISTAKE_SYMBOL if wrong else CORRECT_SYMBOL for wrong in mistaken],
            "opacity": 0.85,
            "size": [10 if wrong else 6 for wrong in mistaken],
            "line": {"width": [1 if wrong else 0 for wrong in mistaken], "color": "#222222"},
        },
        "hovertext": [
            (mistake if wrong else correct).format(
                label=names[label],
                prediction=names[data.predictions[k]],
                share=format_output(data.confidence[k], data.kind),
            )
            for k, wrong in zip(chosen, mistaken, strict=True)
        ],
        "hoverinfo": "text",
    }
