"""Diagram of a network: one block for the input and for each layer, with the proportions of its output.

Height and depth of a block are height and width of the feature maps, its thickness is the number of channels. A vector
is a post whose height is its length. Channels and vector lengths are on a logarithmic scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from cnnlab.figures.style import Figure, figure
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.network.arithmetic import Shape
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Row, Summary, format_shape

BLOCKS_PER_ROW = 6
MIN_COLUMNS = 3
"""Minimum number of columns, for the title and the buttons below."""
CELL_WIDTH = 100.0
CELL_HEIGHT = 150.0
SCALE = 1.05
"""Pixels per drawing unit."""

MAX_IMAGE_SIDE = 62.0
"""Side of the largest feature map, in drawing units."""

MAX_VECTOR_HEIGHT = 76.0
MAX_THICKNESS = 55.0
"""Maximum growth of a block with its length or channels, so that it does not overlap its neighbors."""

_OBLIQUE = (0.35, 0.28)
"""Oblique projection: one unit of depth moves a point this far right and up."""

_COLORS: Mapping[str, str] = MappingProxyType(
    {"input": "#8a94a6", "convolution": "#2f83d6", "pooling": "#2a9d6f", "dense": "#e0702a", "other": "#9a7fd1"}
)


class Block(NamedTuple):
    """One block. `size` is (thickness, height, depth) in drawing units; `cell` is (row, column), from 0."""

    cell: tuple[int, int]
    size: tuple[float, float, float]
    family: str
    title: str
    shape: str
    details: tuple[str, ...]


class ArchitectureData(NamedTuple):
    """The blocks from input to output; a network with an invalid layer ends before that layer."""

    blocks: tuple[Block, ...]

    @property
    def rows(self) -> int:
        return self.blocks[-1].cell[0] + 1

    @property
    def columns(self) -> int:
        return min(max(len(self.blocks), MIN_COLUMNS), BLOCKS_PER_ROW)

    @property
    def width(self) -> int:
        """Width in pixels at which blocks keep their proportions; on a narrower screen they are squeezed."""
        return round(self.columns * CELL_WIDTH * SCALE)


def architecture_data(network: NetworkSpec, summary: Summary) -> ArchitectureData:
    """Lay out the blocks, `BLOCKS_PER_ROW` per row."""
    shapes: list[tuple[Row | None, Shape]] = [(None, network.input_shape)]
    shapes += [(row, row.output_shape) for row in summary.rows if row.output_shape is not None]
    largest = max(max(shape[:2]) for _, shape in shapes if len(shape) == 3)
    longest = max((shape[0] for _, shape in shapes if len(shape) == 1), default=1)
    deepest = max(shape[2] for _, shape in shapes if len(shape) == 3)
    return ArchitectureData(
        tuple(
            Block(
                divmod(index, BLOCKS_PER_ROW),
                _vector_size(shape[0], longest) if len(shape) == 1 else _image_size(shape, largest, deepest),
                _family(row),
                row.layer.kind if row else "Input",
                format_shape(shape),
                _details(row) if row else (),
            )
            for index, (row, shape) in enumerate(shapes)
        )
    )


def _vector_size(length: int, longest: int) -> tuple[float, float, float]:
    return 6.0, 14.0 + _log_size(length, longest, 9.0, MAX_VECTOR_HEIGHT), 6.0


def _image_size(shape: Shape, largest: int, deepest: int) -> tuple[float, float, float]:
    height, width, channels = shape
    thickness = 3.0 + _log_size(channels, deepest, 5.0, MAX_THICKNESS)
    return thickness, max(MAX_IMAGE_SIDE * height / largest, 3.0), max(MAX_IMAGE_SIDE * width / largest, 3.0)


def _log_size(count: int, largest: int, step: float, limit: float) -> float:
    """Return `step` per doubling, or less if the network's largest count would exceed `limit`."""
    return min(step, limit / math.log2(max(largest, 2))) * math.log2(count)


def _family(row: Row | None) -> str:
    if row is None:
        return "input"
    for word, family in (("Conv", "convolution"), ("Pooling", "pooling"), ("Dense", "dense")):
        if word in row.layer.kind:
            return family
    return "other"


def _details(row: Row) -> tuple[str, ...]:
    """Return the arithmetic of a layer, which needs no translation."""
    return (*dict.fromkeys(row.size_texts), *(sums.text for sums in (row.trainable, row.non_trainable) if sums.terms))


def architecture_figure(data: ArchitectureData, translate: Translate = untranslated) -> Figure:
    """Draw the diagram. Hovering over a block shows its arithmetic."""
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
    """Return the front, top and side of a block as paths."""
    x, y = _origin(block.cell)
    thickness, height, depth = block.size
    right, up = depth * _OBLIQUE[0], depth * _OBLIQUE[1]
    left = x - (thickness + right) / 2
    front = [(left, y), (left + thickness, y), (left + thickness, y + height), (left, y + height)]
    top = [front[3], front[2], (front[2][0] + right, front[2][1] + up), (left + right, y + height + up)]
    side = [front[1], (front[1][0] + right, y + up), top[2], front[2]]
    color = _COLORS[block.family]
    return [
        {
            "type": "path",
            "path": "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in corners) + "Z",
            "fillcolor": color,
            "opacity": opacity,
            "line": {"color": color, "width": 1},
        }
        for corners, opacity in ((front, 0.85), (top, 0.55), (side, 0.7))
    ]


_SECOND_LINES = ("Pooling2D", "Normalization", "Conv2D", "Dropout2D", "Padding2D", "Noise")


def _label(title: str) -> str:
    """Return a class name, split into two lines if it is long."""
    for tail in _SECOND_LINES:
        if len(title) > 9 and title.endswith(tail) and title != tail:
            return f"{title.removesuffix(tail)}<br>{tail}"
    return title


def _hover(block: Block, translate: Translate) -> str:
    output = translate(N_("Output: {shape}")).format(shape=block.shape)
    return "<br>".join((f"<b>{block.title}</b>", output, *block.details))
