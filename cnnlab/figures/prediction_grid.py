"""Grid of the first 96 test images, 8 by 12, with their predictions; mistakes are marked."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnnlab.figures.data_url import data_url
from cnnlab.figures.style import WRONG, Figure, plain_figure
from cnnlab.i18n.marks import Translate, untranslated
from cnnlab.network.outputs import NO_CLASS

GRID_COLUMNS = 12
GAP_PX = 6
CAPTION_PX = 15
"""Space between images and for the caption below, in image pixels of a 28×28 image."""

NO_PREDICTION = "NaN"
SHORT_LABEL = 2
"""Labels up to this many characters are shown below every image; longer ones only for mistakes."""


class PredictionsData(NamedTuple):
    """A montage and its labels.

    Attributes:
        montage: RGBA uint8 (rows, columns, 4); transparent between the images.
        predicted: the predicted class names, in reading order.
        labels: the true class names.
        corners: (x, y) of each image's upper left pixel in the montage.
        image_size: (width, height) of an image.
    """

    montage: np.ndarray
    predicted: tuple[str, ...]
    labels: tuple[str, ...]
    corners: tuple[tuple[int, int], ...]
    image_size: tuple[int, int]

    @property
    def wrong(self) -> tuple[int, ...]:
        """Indices of the mistakes."""
        return tuple(k for k, (one, other) in enumerate(zip(self.predicted, self.labels, strict=True)) if one != other)

    @property
    def aspect(self) -> float:
        """Height divided by width."""
        rows, columns = self.montage.shape[:2]
        return float(rows / columns)


def predictions_data(
    images: np.ndarray, labels: np.ndarray, predictions: tuple[int, ...], class_names: tuple[str, ...]
) -> PredictionsData:
    """Lay out images uint8 (n, height, width, channels) with their labels and predictions.

    Without a prediction (`outputs.NO_CLASS`), an image counts as a mistake and its caption is “NaN ≠ label”.
    """
    count = len(predictions)
    height, width = images.shape[1:3]
    # Scale the space with the image size.
    gap, caption = -(-GAP_PX * width // 28), -(-CAPTION_PX * height // 28)
    down, right = height + caption, width + gap
    montage = np.zeros((-(-count // GRID_COLUMNS) * down, GRID_COLUMNS * right, 4), np.uint8)
    corners = []
    for k in range(count):
        y, x = k // GRID_COLUMNS * down + gap // 2, k % GRID_COLUMNS * right + gap // 2
        montage[y : y + height, x : x + width, :3] = images[k]
        montage[y : y + height, x : x + width, 3] = 255
        corners.append((x, y))
    return PredictionsData(
        montage,
        tuple(NO_PREDICTION if p == NO_CLASS else class_names[p] for p in predictions),
        tuple(class_names[int(label)] for label in labels[:count]),
        tuple(corners),
        (width, height),
    )


def predictions_figure(data: PredictionsData, translate: Translate = untranslated) -> Figure:
    """Draw the grid. A mistake has a frame and the caption “prediction ≠ label”."""
    width, height = data.image_size
    wrong = set(data.wrong)
    traces: list[dict[str, Any]] = [{"type": "image", "source": data_url(data.montage), "hoverinfo": "skip"}]
    for shown, font in (
        (sorted(set(range(len(data.predicted))) - wrong), {"size": 12}),
        (sorted(wrong), {"size": 12, "color": WRONG, "weight": 700}),
    ):
        names = [(translate(data.predicted[k]), translate(data.labels[k])) for k in shown]
        texts = [predicted if predicted == label else f"{predicted} ≠ {label}" for predicted, label in names]
        traces.append(
            {
                "type": "scatter",
                "x": [data.corners[k][0] + width / 2 for k in shown],
                "y": [data.corners[k][1] + height + 2.5 for k in shown],
                "text": [
                    text if len(predicted) <= SHORT_LABEL or predicted != labels else ""
                    for text, (predicted, labels) in zip(texts, names, strict=True)
                ],
                "hovertext": texts,
                "hoverinfo": "text",
                "mode": "text",
                "textposition": "bottom center",
                "textfont": font,
            }
        )
    frames = [_frame(*data.corners[k], *data.image_size) for k in sorted(wrong)]
    rows, columns = data.montage.shape[:2]
    return plain_figure(traces, height=480, width=columns, depth=rows, shapes=frames)


def _frame(x: int, y: int, width: int, height: int) -> dict[str, Any]:
    line = {"color": WRONG, "width": 2}
    return {"type": "rect", "x0": x - 1.5, "y0": y - 1.5, "x1": x + width + 0.5, "y1": y + height + 0.5, "line": line}
