"""The notes' grid: the first 96 test images, 8 by 12, each with what the network says, the wrong ones marked."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnnlab.figures.pixels import data_url
from cnnlab.figures.style import WRONG, Figure, picture
from cnnlab.marks import Translate, untranslated

COLUMNS = 12
BESIDE = 6
BELOW = 15
"""Free space around an image, in image pixels (of 28): room for the frame, and for the label below."""

SHORT = 2
"""Labels of at most so many characters stand below every image; longer ones only where the answer is wrong."""


class AnswersData(NamedTuple):
    """A montage and its labels.

    Attributes:
        montage: uint8 (rows, columns, 4), red, green, blue, alpha; transparent where no image is.
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

    @property
    def aspect(self) -> float:
        """Height over width."""
        rows, columns = self.montage.shape[:2]
        return float(rows / columns)


def answers_data(
    images: np.ndarray, labels: np.ndarray, predictions: tuple[int, ...], class_names: tuple[str, ...]
) -> AnswersData:
    """Lay out images uint8 (n, height, width, channels) with their labels and predictions (as many)."""
    count = len(predictions)
    height, width = images.shape[1:3]
    # The space is given for images of 28 pixels; smaller and larger ones get the same share.
    beside, below = -(-BESIDE * width // 28), -(-BELOW * height // 28)
    down, right = height + below, width + beside
    montage = np.zeros((-(-count // COLUMNS) * down, COLUMNS * right, 4), np.uint8)
    corners = []
    for k in range(count):
        y, x = k // COLUMNS * down + beside // 2, k % COLUMNS * right + beside // 2
        montage[y : y + height, x : x + width, :3] = images[k]
        montage[y : y + height, x : x + width, 3] = 255
        corners.append((x, y))
    return AnswersData(
        montage,
        tuple(class_names[p] for p in predictions),
        tuple(class_names[int(label)] for label in labels[:count]),
        tuple(corners),
        (width, height),
    )


def answers_figure(data: AnswersData, translate: Translate = untranslated) -> Figure:
    """The grid. A wrong answer has a frame and, below, what was said, then what it is; hovering names both."""
    width, height = data.side
    wrong = set(data.wrong)
    traces: list[dict[str, Any]] = [{"type": "image", "source": data_url(data.montage), "hoverinfo": "skip"}]
    for chosen, font in (
        (sorted(set(range(len(data.said))) - wrong), {"size": 12}),
        (sorted(wrong), {"size": 12, "color": WRONG, "weight": 700}),
    ):
        names = [(translate(data.said[k]), translate(data.truth[k])) for k in chosen]
        texts = [said if said == truth else f"{said} ≠ {truth}" for said, truth in names]
        traces.append(
            {
                "type": "scatter",
                "x": [data.corners[k][0] + width / 2 for k in chosen],
                "y": [data.corners[k][1] + height + 2.5 for k in chosen],
                "text": [
                    text if len(said) <= SHORT or said != truth else ""
                    for text, (said, truth) in zip(texts, names, strict=True)
                ],
                "hovertext": texts,
                "hoverinfo": "text",
                "mode": "text",
                "textposition": "bottom center",
                "textfont": font,
            }
        )
    frames = [_frame(*data.corners[k], *data.side) for k in sorted(wrong)]
    rows, columns = data.montage.shape[:2]
    return picture(traces, height=480, width=columns, depth=rows, shapes=frames)


def _frame(x: int, y: int, width: int, height: int) -> dict[str, Any]:
    line = {"color": WRONG, "width": 2}
    return {"type": "rect", "x0": x - 1.5, "y0": y - 1.5, "x1": x + width + 0.5, "y1": y + height + 0.5, "line": line}
