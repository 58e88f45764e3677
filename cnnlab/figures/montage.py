"""Montage of many small images in one figure, so that 64 feature maps do not need 64 charts.

Each cell can have a caption, a hover text and a frame; a click returns the index of the cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cnnlab.figures.data_url import data_url
from cnnlab.figures.heatmap import GRAY, SIGNED, Scale
from cnnlab.figures.style import Figure, plain_figure, rgb


class Cell(NamedTuple):
    """One small image: `pixels` is RGBA uint8 (height, width, 4)."""

    pixels: np.ndarray
    caption: str = ""
    hover: str = ""
    frame: str = ""
    """Color of the frame; "" for none."""


class MontageData(NamedTuple):
    """The cells laid out in rows.

    Attributes:
        pixels: RGBA uint8 (height, width, 4), transparent between the cells.
        cells: the cells.
        corners: (x, y) of each cell's upper left pixel.
    """

    pixels: np.ndarray
    cells: tuple[Cell, ...]
    corners: tuple[tuple[int, int], ...]

    @property
    def aspect(self) -> float:
        """Height divided by width."""
        return float(self.pixels.shape[0] / self.pixels.shape[1])


def paint(values: np.ndarray, scale: Scale, limit: float, zoom: int = 1) -> np.ndarray:
    """Return values float (height, width) as RGBA pixels uint8 (height·zoom, width·zoom, 4).

    NaN is transparent. See `heatmap.MapData` for `scale` and `limit`.
    """
    limit = limit or 1.0
    palette = GRAY if scale == "gray" else SIGNED
    at = np.clip(values / limit if scale == "gray" else values / limit / 2 + 0.5, 0, 1)
    colors = np.array([rgb(code) for _, code in palette], dtype=np.float64)
    stops = [float(stop) for stop, _ in palette]
    channels = [np.interp(at, stops, colors[:, k]) for k in range(3)]
    painted = np.stack([*channels, np.full(at.shape, 255.0)], axis=-1).round()
    painted = np.where(np.isnan(at)[..., np.newaxis], 0, painted).astype(np.uint8)
    return painted.repeat(zoom, axis=0).repeat(zoom, axis=1)


def paint_image(image: np.ndarray, zoom: int = 1) -> np.ndarray:
    """Return an image uint8 (height, width, 1 or 3) as RGBA pixels, enlarged by `zoom`."""
    if image.shape[2] == 1:
        return paint(image[:, :, 0], "gray", 255.0, zoom)
    opaque = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    return opaque.repeat(zoom, axis=0).repeat(zoom, axis=1)


def fit_square(painted: np.ndarray, side: int) -> np.ndarray:
    """Center RGBA pixels in a transparent square of `side` pixels, enlarged or thinned by a whole factor."""
    longest = max(painted.shape[:2])
    if longest > side:
        painted = painted[:: -(-longest // side), :: -(-longest // side)]
    else:
        painted = painted.repeat(side // longest, axis=0).repeat(side // longest, axis=1)
    whole = np.zeros((side, side, 4), np.uint8)
    top, left = (side - painted.shape[0]) // 2, (side - painted.shape[1]) // 2
    whole[top : top + painted.shape[0], left : left + painted.shape[1]] = painted
    return whole


def side_by_side(images: Sequence[np.ndarray], gap: int = 2) -> np.ndarray:
    """Return RGBA images side by side, centered vertically, on a transparent background."""
    height = max(len(one) for one in images)
    width = sum(one.shape[1] for one in images) + gap * (len(images) - 1)
    whole, x = np.zeros((height, width, 4), np.uint8), 0
    for one in images:
        top = (height - len(one)) // 2
        whole[top : top + len(one), x : x + one.shape[1]] = one
        x += one.shape[1] + gap
    return whole


def montage_data(cells: Sequence[Cell], columns: int, label: float = 0.0) -> MontageData:
    """Lay out cells of equal size.

    Args:
        columns: cells per row.
        label: space below a cell for its caption, as a share of its width.
    """
    height, width = cells[0].pixels.shape[:2]
    gap = max(round(width * 0.08), 1)
    down, right = height + gap + round(width * label), width + gap
    rows = -(-len(cells) // columns)
    pixels = np.zeros((rows * down, min(columns, len(cells)) * right, 4), np.uint8)
    corners = []
    for k, cell in enumerate(cells):
        y, x = k // columns * down + gap // 2, k % columns * right + gap // 2
        pixels[y : y + height, x : x + width] = cell.pixels
        corners.append((x, y))
    return MontageData(pixels, tuple(cells), tuple(corners))


def montage_figure(data: MontageData, size: int = 11) -> Figure:
    """Draw the montage, with captions of `size` pixels."""
    height, width = data.cells[0].pixels.shape[:2]
    middle = [x + width / 2 for x, _ in data.corners]
    traces: list[dict[str, Any]] = [{"type": "image", "source": data_url(data.pixels), "hoverinfo": "skip"}]
    if any(cell.caption for cell in data.cells):
        traces.append(
            {
                "type": "scatter",
                "mode": "text",
                "x": middle,
                # Leave space for the frame.
                "y": [y + height * 1.03 for _, y in data.corners],
                "text": [cell.caption for cell in data.cells],
                "textposition": "bottom center",
                "textfont": {"size": size},
                "hoverinfo": "skip",
            }
        )
    # The last trace is invisible and on top: it has the hover texts and receives the clicks.
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "x": middle,
            "y": [y + height / 2 for _, y in data.corners],
            "marker": {"size": 34, "opacity": 0},
            "hovertext": [cell.hover for cell in data.cells],
            "hoverinfo": "text",
        }
    )
    frames = [
        {
            "type": "rect",
            "x0": x - 0.5,
            "y0": y - 0.5,
            "x1": x + width - 0.5,
            "y1": y + height - 0.5,
            "line": {"color": cell.frame, "width": 2},
        }
        for cell, (x, y) in zip(data.cells, data.corners, strict=True)
        if cell.frame
    ]
    rows, columns = data.pixels.shape[:2]
    return plain_figure(traces, 300, columns, rows, shapes=frames, hovermode="closest")
