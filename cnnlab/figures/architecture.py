"""The drawing of a network: a block for the input and for every layer, as high, wide and deep as its output.

A picture's block is as high and as deep (into the page) as the picture, and as thick as it has channels; a vector is a
post, the higher the more numbers it has. Channels and vectors are drawn on a logarithmic scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from cnnlab.figures.style import Figure, figure
from cnnlab.marks import N_, Translate, untranslated
from cnnlab.network.arithmetic import Shape
from cnnlab.network.shapes import Row, Summary, written
from cnnlab.network.spec import NetworkSpec

PER_ROW = 6
FEWEST = 3
"""Columns that the drawing has at least: room for a name and for the buttons below."""
CELL_WIDTH = 100.0
CELL_HEIGHT = 150.0
SCALE = 1.05
"""Pixels for one of the drawing's units."""

LARGEST = 62.0
"""The side of the largest picture, in the drawing's units."""

TALLEST = 76.0
THICKEST = 55.0
"""What a block may grow by for its numbers or channels: more would reach into its neighbours."""

_OBLIQUE = (0.35, 0.28)
"""What one unit into the page moves on it, right and up."""

_COLOURS: Mapping[str, str] = MappingProxyType(
    {"input": "#8a94a6", "convolution": "#2f83d6", "pooling": "#2a9d6f", "dense": "#e0702a", "other": "#9a7fd1"}
)


class Block(NamedTuple):
    """One block: `size` is (thickness, height, depth) in the drawing's units; `cell` is (row, column), from 0."""

    cell: tuple[int, int]
    size: tuple[float, float, float]
    family: str
    title: str
    shape: str
    details: tuple[str, ...]


class ArchitectureData(NamedTuple):
    """The blocks in the order of the data; a network with a mistake ends at the layer before it."""

    blocks: tuple[Block, ...]

    @property
    def rows(self) -> int:
        return self.blocks[-1].cell[0] + 1

    @property
    def columns(self) -> int:
        return min(max(len(self.blocks), FEWEST), PER_ROW)

    @property
    def width(self) -> int:
        """Pixels on the screen at which blocks have their shape; on a narrower screen they are squeezed."""
        return round(self.columns * CELL_WIDTH * SCALE)


def architecture_data(network: NetworkSpec, summary: Summary) -> ArchitectureData:
    """Lay out the blocks, `PER_ROW` in a row."""
    shapes: list[tuple[Row | None, Shape]] = [(None, network.input_shape)]
    shapes += [(row, row.output_shape) for row in summary.rows if row.output_shape is not None]
    largest = max(max(shape[:2]) for _, shape in shapes if len(shape) == 3)
    longest = max((shape[0] for _, shape in shapes if len(shape) == 1), default=1)
    deepest = max(shape[2] for _, shape in shapes if len(shape) == 3)
    return ArchitectureData(
        tuple(
            Block(
                divmod(place, PER_ROW),
                _vector_size(shape[0], longest) if len(shape) == 1 else _picture_size(shape, largest, deepest),
                _family(row),
                row.layer.kind if row else "Input",
                written(shape),
                _details(row) if row else (),
            )
            for place, (row, shape) in enumerate(shapes)
        )
    )


def _vector_size(length: int, longest: int) -> tuple[float, float, float]:
    return 6.0, 14.0 + _grown(length, longest, 9.0, TALLEST), 6.0


def _picture_size(shape: Shape, largest: int, deepest: int) -> tuple[float, float, float]:
    height, width, channels = shape
    thickness = 3.0 + _grown(channels, deepest, 5.0, THICKEST)
    return thickness, max(LARGEST * height / largest, 3.0), max(LARGEST * width / largest, 3.0)


def _grown(count: int, most: int, step: float, limit: float) -> float:
    """`step` for each doubling, or less where the largest count of the network would go beyond `limit`."""
    return min(step, limit / math.log2(max(most, 2))) * math.log2(count)


def _family(row: Row | None) -> str:
    if row is None:
        return "input"
    for word, family in (("Conv", "convolution"), ("Pooling", "pooling"), ("Dense", "dense")):
        if word in row.layer.kind:
            return family
    return "other"


def _details(row: Row) -> tuple[str, ...]:
    """What is the same in every language: names, sizes and sums."""
    return (*dict.fromkeys(row.size_texts), *(sums.text for sums in (row.trainable, row.non_trainable) if sums.terms))


def architecture_figure(data: ArchitectureData, translate: Translate = untranslated) -> Figure:
    """The drawing. Hovering a block gives its arithmetic."""
    x, y = zip(*(_origin(block.cell) for block in data.blocks), strict=True)
    labels = {
        "type": "scatter",
        "mode": "text",
        "x": x,
        "y": [level - 8 for level in y],
        "text": [f"<b>{_label(block.title)}</b><br>{block.shape}" for block in data.blocks],
        "textposition": "bottom center",
        "textfont": {"size": 11},
        "hoverinfo": "skip",
    }
    hover = {
        "type": "scatter",
        "mode": "markers",
        "marker": {"size": 48, "opacity": 0},
        "x": x,
        "y": [level + 30 for level in y],
        "hovertext": [_hover(block, translate) for block in data.blocks],
        "hoverinfo": "text",
    }
    hidden = {"visible": False, "fixedrange": True}
    return figure(
        [labels, hover],
        height=round(data.rows * CELL_HEIGHT * SCALE),
        shapes=[face for block in data.blocks for face in _faces(block)],
        showlegend=False,
        xaxis=hidden | {"range": [-CELL_WIDTH / 2, (data.columns - 0.5) * CELL_WIDTH]},
        yaxis=hidden | {"range": [-data.rows * CELL_HEIGHT + 105, 105]},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )


def _origin(cell: tuple[int, int]) -> tuple[float, float]:
    row, column = cell
    return column * CELL_WIDTH, -row * CELL_HEIGHT


def _faces(block: Block) -> list[dict[str, object]]:
    """Front, top and side, as paths."""
    x, y = _origin(block.cell)
    thickness, height, depth = block.size
    right, up = depth * _OBLIQUE[0], depth * _OBLIQUE[1]
    left = x - (thickness + right) / 2
    front = [(left, y), (left + thickness, y), (left + thickness, y + height), (left, y + height)]
    top = [front[3], front[2], (front[2][0] + right, front[2][1] + up), (left + right, y + height + up)]
    side = [front[1], (front[1][0] + right, y + up), top[2], front[2]]
    colour = _COLOURS[block.family]
    return [
        {
            "type": "path",
            "path": "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in corners) + "Z",
            "fillcolor": colour,
            "opacity": opacity,
            "line": {"color": colour, "width": 1},
        }
        for corners, opacity in ((front, 0.85), (top, 0.55), (side, 0.7))
    ]


_BROKEN = ("Pooling2D", "Normalization", "Conv2D", "Dropout2D", "Padding2D", "Noise")


def _label(title: str) -> str:
    """A class name in two lines where it is long."""
    for tail in _BROKEN:
        if len(title) > 9 and title.endswith(tail) and title != tail:
            return f"{title.removesuffix(tail)}<br>{tail}"
    return title


def _hover(block: Block, translate: Translate) -> str:
    output = translate(N_("Output: {shape}")).format(shape=block.shape)
    return "<br>".join((f"<b>{block.title}</b>", output, *block.details))
