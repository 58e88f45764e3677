"""The notes' grid: the first 96 test images, 8 by 12, each with what the network says, the wrong ones marked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from cnnlab.figures.style import WRONG, plain
from cnnlab.marks import Translate, untranslated

COLUMNS = 12
GAP = 4
"""Pixels between images, in image pixels; room for the frame of a wrong one."""


class AnswersData(NamedTuple):
    """A montage and its labels.

    Attributes:
        montage: uint8 (rows·(height+gap), 12·(width+gap), 3); the ground is transparent-white where no image is.
        said: what the network says, for each image in reading order.
        truth: what it is.
        corners: (x, y) of each image's upper left pixel in the montage.
        side: (width, height) of an image.
    """

    montage: np.ndarray
    said: tuple[str, ...]
    truth: tuple[str, ...]
    corners: tuple[tuple[int, int], ...]
    side: tuple[int, int]

    @property
    def wrong(self) -> tuple[int, ...]:
        """The places of the wrong answers."""
        return tuple(k for k, (said, truth) in enumerate(zip(self.said, self.truth, strict=True)) if said != truth)


def answers_data(
    images: np.ndarray, labels: np.ndarray, predictions: tuple[int, ...], class_names: tuple[str, ...]
) -> AnswersData:
    """Lay out images uint8 (n, height, width, channels) with their labels and predictions (as many)."""
    count = len(predictions)
    height, width = images.shape[1:3]
    down, right = height + GAP, width + GAP
    montage = np.full((-(-count // COLUMNS) * down, COLUMNS * right, 3), 0, np.uint8)
    corners = []
    for k in range(count):
        y, x = k // COLUMNS * down + GAP // 2, k % COLUMNS * right + GAP // 2
        montage[y : y + height, x : x + width] = images[k]
        corners.append((x, y))
    return AnswersData(
        montage,
        tuple(class_names[p] for p in predictions),
        tuple(class_names[int(label)] for label in labels[:count]),
        tuple(corners),
        (width, height),
    )


def answers_figure(data: AnswersData, translate: Translate = untranslated, revision: str = "") -> go.Figure:
    """The grid. A wrong answer has a frame and says "said, not truth"; hovering names both."""
    width, height = data.side
    figure = go.Figure()
    figure.add_image(z=data.montage, hoverinfo="skip")
    hover = [
        f"{translate(said)}" if said == truth else f"{translate(said)} ≠ {translate(truth)}"
        for said, truth in zip(data.said, data.truth, strict=True)
    ]
    # One invisible trace carries the hover texts; the visible labels are text at each image's lower right.
    figure.add_scatter(
        x=[x + width / 2 for x, _ in data.corners],
        y=[y + height / 2 for _, y in data.corners],
        mode="markers",
        marker={"size": 24, "opacity": 0},
        hovertext=hover,
        hoverinfo="text",
        showlegend=False,
    )
    wrong = set(data.wrong)
    for colour, places in (("#9fd0ff", set(range(len(data.said))) - wrong), ("#ffb4a8", wrong)):
        chosen = sorted(places)
        figure.add_scatter(
            x=[data.corners[k][0] + width for k in chosen],
            y=[data.corners[k][1] + height for k in chosen],
            text=[_short(translate(data.said[k])) for k in chosen],
            mode="text",
            textposition="top left",
            textfont={"color": colour, "size": 13},
            hoverinfo="skip",
            showlegend=False,
        )
    for k in wrong:
        x, y = data.corners[k]
        figure.add_shape(
            type="rect", x0=x - 1.5, y0=y - 1.5, x1=x + width + 0.5, y1=y + height + 0.5,
            line={"color": WRONG, "width": 3},
        )  # fmt: skip
    rows, columns = data.montage.shape[:2]
    figure.update_xaxes(visible=False, range=[-0.5, columns - 0.5], constrain="domain", fixedrange=True)
    figure.update_yaxes(visible=False, range=[rows - 0.5, -0.5], scaleanchor="x", fixedrange=True)
    figure = plain(figure, height=480, uirevision=revision or "constant")
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})


def _short(name: str) -> str:
    return name if len(name) <= 3 else name[:3] + "…"
