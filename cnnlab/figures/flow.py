"""An image on its way through a network: at every convolution and pooling its strongest maps, at the end the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cnnlab.figures.montage import Cell, montage_data, paint
from cnnlab.figures.pixels import data_url
from cnnlab.network.shapes import Row

STRONGEST = 4
"""So many maps of a layer are shown, in a square."""
_ENLARGED = 56
"""Small maps are brought to about so many pixels, so that all squares have the same gaps."""


class Stage(NamedTuple):
    """One stop on the way.

    Attributes:
        kind: the Keras layer, or "Input".
        shape: (height, width, channels) of what is there.
        source: the picture as a data URL.
    """

    kind: str
    shape: tuple[int, ...]
    source: str


class FlowData(NamedTuple):
    """The stops in their order, and the probabilities of the classes, 0..1."""

    stages: tuple[Stage, ...]
    probabilities: tuple[float, ...]

    @property
    def answer(self) -> int:
        """The most probable class."""
        return int(np.argmax(self.probabilities))


def flow_data(image: np.ndarray, rows: Sequence[Row], outputs: Mapping[str, np.ndarray]) -> FlowData:
    """The way of `image`, float (height, width, 1) in 0..1, through the layers `rows`, whose last one is a softmax.

    Args:
        outputs: layer name -> its output for the image.
    """
    stages = [Stage("Input", image.shape, data_url(paint(image[:, :, 0], "grey", 1.0)))]
    for row in rows:
        if row.layer.kind == "Conv2D" or row.layer.kind.endswith("Pooling2D"):
            output = outputs[row.name]
            stages.append(Stage(row.layer.kind, output.shape, data_url(_strongest(output))))
    return FlowData(tuple(stages), tuple(float(one) for one in outputs[rows[-1].name]))


def _strongest(output: np.ndarray) -> np.ndarray:
    """The maps that differ most from pixel to pixel, each from its least value (black) to its greatest (white)."""
    order = np.argsort(-output.std(axis=(0, 1)), kind="stable")[:STRONGEST]
    enlarged = max(_ENLARGED // output.shape[0], 1)
    maps = np.moveaxis(output, 2, 0)[order]
    cells = [Cell(paint(one - one.min(), "grey", float(np.ptp(one)), enlarged)) for one in maps]
    return montage_data(cells, 2).pixels
