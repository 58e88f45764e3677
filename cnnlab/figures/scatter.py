"""Images as points on a map of features: a colour for each true class, another symbol for each wrong answer.

Each point carries its image's place (`customdata`), by which the page finds the image to show beside it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnnlab.figures.style import Figure, figure
from cnnlab.marks import N_, Translate, untranslated

COLOURS = (
    *("#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#edc948"),
    *("#17a2a2", "#9c755f", "#ff7fb0", "#8a9a2f", "#7f7f7f"),
)
"""One a class, begun again after the tenth. No red: that is what mistakes have elsewhere."""

RIGHT, WRONG = "circle", "x"


class ScatterData(NamedTuple):
    """Points, in the order of the images.

    Attributes:
        x, y: where they lie, without a unit.
        truth, said: classes, as places among `names`.
        confidence: of the answer, 0 to 1.
        names: of the classes.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    truth: tuple[int, ...]
    said: tuple[int, ...]
    confidence: tuple[float, ...]
    names: tuple[str, ...]

    def nearest(self, x: float, y: float) -> int:
        """The image whose point is nearest to (x, y), where a click was."""
        return int(np.hypot(np.array(self.x) - x, np.array(self.y) - y).argmin())


def scatter_data(
    places: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, names: tuple[str, ...]
) -> ScatterData:
    """Of places float (n, 2), true classes (n,) and class probabilities (n, classes)."""
    # Five figures of the map's size are finer than any screen.
    decimals = 5 - int(np.ceil(np.log10(max(float(np.abs(places).max(initial=0)), 1e-30))))
    x, y = places.astype(np.float64).round(decimals).T.tolist()
    said, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1).astype(np.float64).round(4)
    return ScatterData(
        tuple(x), tuple(y), tuple(labels.tolist()), tuple(said.tolist()), tuple(confidence.tolist()), names
    )


def scatter_figure(data: ScatterData, translate: Translate = untranslated, height: int = 480) -> Figure:
    """The map: a trace for each class, in the order of the classes, then one that explains the symbol of mistakes."""
    names = [translate(name) for name in data.names]
    traces = [_points(data, k, names, translate) for k in range(len(names))]
    symbol = {"symbol": WRONG, "size": 10, "color": "#7f7f7f"}
    legend = {"type": "scatter", "mode": "markers", "x": [None], "y": [None], "marker": symbol, "hoverinfo": "skip"}
    # The directions have no meaning of their own, only what lies near what; a unit is as long in both.
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False}
    return figure(
        [*traces, legend | {"name": translate(N_("wrong answer"))}],
        height,
        xaxis=bare,
        yaxis=bare | {"scaleanchor": "x"},
        margin={"l": 12, "r": 12, "t": 12, "b": 12},
        hovermode="closest",
        # Below the map, which needs the whole width on a phone.
        legend={"itemsizing": "constant", "orientation": "h", "y": 0, "yanchor": "top"},
    )


def _points(data: ScatterData, label: int, names: list[str], translate: Translate) -> dict[str, Any]:
    right, wrong = "{truth} ({share:.1%})", translate(N_("{truth}, taken for {answer} ({share:.1%})"))
    chosen = [k for k, truth in enumerate(data.truth) if truth == label]
    # The legend shows the first point's symbol, and mistakes should lie on top.
    chosen.sort(key=lambda k: data.said[k] != label)
    mistaken = [data.said[k] != label for k in chosen]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": names[label],
        "x": [data.x[k] for k in chosen],
        "y": [data.y[k] for k in chosen],
        "customdata": chosen,
        "marker": {
            "color": COLOURS[label % len(COLOURS)],
            "symbol": [WRONG if bad else RIGHT for bad in mistaken],
            "opacity": 0.85,
            "size": [10 if bad else 6 for bad in mistaken],
            "line": {"width": [1 if bad else 0 for bad in mistaken], "color": "#222222"},
        },
        "hovertext": [
            (wrong if bad else right).format(truth=names[label], answer=names[data.said[k]], share=data.confidence[k])
            for k, bad in zip(chosen, mistaken, strict=True)
        ],
        "hoverinfo": "text",
    }
