"""What all figures share: the two colours, the colour maps, a layout without decoration.

Training is always one colour and solid, validation another and dashed, so that they can be told apart without colour.
Both can be read on light and on dark ground; text and grid take the page's own colours where the chart is drawn.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

TRAINING = "#2f83d6"
VALIDATION = "#e0702a"
RIGHT = "#2a9d6f"
WRONG = "#d5473c"


def plain(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """Transparent ground and narrow margins; `height` in pixels."""
    figure.update_layout(
        height=height,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 56, "r": 12, "t": 36, "b": 44},
        **layout,
    )
    return figure
