from __future__ import annotations

import plotly.graph_objects as go

from cnnlab.figures.class_counts import classes_data, classes_figure
from cnnlab.figures.style import TRAINING, VALIDATION


def test_a_bar_for_each_class_and_part() -> None:
    data = classes_data(("cat", "dog"), [30, 20], [3, 2], [6, 0])
    assert data == (("cat", "dog"), ((30, 20), (3, 2), (6, 0)))
    figure = go.Figure(classes_figure(data, lambda text: f"‹{text}›"))
    assert [bar.name for bar in figure.data] == ["‹Training›", "‹Validation›", "‹Test›"]
    assert [list(bar.y) for bar in figure.data] == [[30, 20], [3, 2], [6, 0]]
    assert all(list(bar.x) == ["cat", "dog"] for bar in figure.data)
    colours, patterns = zip(*[(bar.marker.color, bar.marker.pattern.shape) for bar in figure.data], strict=True)
    assert colours[:2] == (TRAINING, VALIDATION) and len(set(colours)) == len(set(patterns)) == 3
    assert figure.data[0].hovertemplate == "%{x}, ‹Training›: %{y:,}<extra></extra>"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("‹Class›", "‹Number of images›")
