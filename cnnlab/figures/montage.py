"""Many small pictures as one: 64 feature maps are one image in the page, not 64 charts.

Each cell can have a caption below, a text on hover and a frame; a click says which cell it was (`index`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from cnnlab.figures.maps import GREY, SIGNED, Scale
from cnnlab.figures.pixels import data_url
from cnnlab.figures.style import Figure, picture, rgb


class Cell(NamedTuple):
    """One small picture: `pixels` uint8 (height, width, 4)."""

    pixels: np.ndarray
    caption: str = ""
    hover: str = ""
    frame: str = ""
    """The frame's colour; "" for none."""


class MontageData(NamedTuple):
    """The cells laid out in rows.

    Attributes:
        pixels: uint8 (height, width, 4), transparent between the cells.
        cells: as they were given.
        corners: (x, y) of each cell's upper left pixel.
    """

    pixels: np.ndarray
    cells: tuple[Cell, ...]
    corners: tuple[tuple[int, int], ...]

    @property
    def aspect(self) -> float:
        """Height over width."""
        return float(self.pixels.shape[0] / self.pixels.shape[1])


def paint(values: np.ndarray, scale: Scale, limit: float, enlarged: int = 1) -> np.ndarray:
    """Values float (height, width) in colour: uint8 (height·enlarged, width·enlarged, 4). See `maps.MapData`.

    What is no number is transparent.
    """
    limit = limit or 1.0
    stops = GREY if scale == "grey" else SIGNED
    at = np.clip(values / limit if scale == "grey" else values / limit / 2 + 0.5, 0, 1)
    colours = np.array([rgb(code) for _, code in stops], dtype=np.float64)
    places = [float(place) for place, _ in stops]
    channels = [np.interp(at, places, colours[:, k]) for k in range(3)]
    painted = np.stack([*channels, np.full(at.shape, 255.0)], axis=-1).round()
    painted = np.where(np.isnan(at)[..., np.newaxis], 0, painted).astype(np.uint8)
    return painted.repeat(enlarged, axis=0).repeat(enlarged, axis=1)


def painted_image(image: np.ndarray, enlarged: int = 1) -> np.ndarray:
    """An image uint8 (height, width, 1 or 3) as the pixels of a cell."""
    if image.shape[2] == 1:
        return paint(image[:, :, 0], "grey", 255.0, enlarged)
    opaque = np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
    return opaque.repeat(enlarged, axis=0).repeat(enlarged, axis=1)


def framed(painted: np.ndarray, side: int) -> np.ndarray:
    """A painted picture in the middle of a transparent square of `side` pixels, as large as fits: whole pixels are
    repeated, or every so many left out."""
    longest = max(painted.shape[:2])
    if longest > side:
        painted = painted[:: -(-longest // side), :: -(-longest // side)]
    else:
        painted = painted.repeat(side // longest, axis=0).repeat(side // longest, axis=1)
    whole = np.zeros((side, side, 4), np.uint8)
    top, left = (side - painted.shape[0]) // 2, (side - painted.shape[1]) // 2
    whole[top : top + painted.shape[0], left : left + painted.shape[1]] = painted
    return whole


def beside(pictures: Sequence[np.ndarray], gap: int = 2) -> np.ndarray:
    """Painted pictures side by side, the lower ones in the middle, on transparent ground."""
    height = max(len(one) for one in pictures)
    width = sum(one.shape[1] for one in pictures) + gap * (len(pictures) - 1)
    whole, x = np.zeros((height, width, 4), np.uint8), 0
    for one in pictures:
        top = (height - len(one)) // 2
        whole[top : top + len(one), x : x + one.shape[1]] = one
        x += one.shape[1] + gap
    return whole


def montage_data(cells: Sequence[Cell], columns: int, label: float = 0.0) -> MontageData:
    """Lay out cells of one size.

    Args:
        columns: cells in a row.
        label: free space below a cell for its caption, as a share of its width.
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
    """The montage; captions are `size` pixels high."""
    height, width = data.cells[0].pixels.shape[:2]
    middle = [x + width / 2 for x, _ in data.corners]
    traces: list[dict[str, Any]] = [{"type": "image", "source": data_url(data.pixels), "hoverinfo": "skip"}]
    if any(cell.caption for cell in data.cells):
        traces.append(
            {
                "type": "scatter",
                "mode": "text",
                "x": middle,
                # Below the frame's line.
                "y": [y + height * 1.03 for _, y in data.corners],
                "text": [cell.caption for cell in data.cells],
                "textposition": "bottom center",
                "textfont": {"size": size},
                "hoverinfo": "skip",
            }
        )
    # The last trace is invisible and lies over everything: it has the hover texts and hears the clicks.
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
    return picture(traces, 300, columns, rows, shapes=frames, hovermode="closest")
