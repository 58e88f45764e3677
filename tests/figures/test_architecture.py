import json
from itertools import pairwise

import plotly.graph_objects as go
import pytest
from hypothesis import given

from cnnlab.figures.architecture import (
    BLOCKS_PER_ROW,
    CELL_HEIGHT,
    CELL_WIDTH,
    ArchitectureData,
    Block,
    architecture_data,
    architecture_figure,
)
from cnnlab.figures.style import to_json
from cnnlab.network.layers import (
    LAYERS,
    AnyLayer,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    MaxPooling2D,
    ZeroPadding2D,
)
from cnnlab.network.spec import MAX_LAYERS, NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training.recipes import RECIPES
from tests.network.networks import networks


def data_of(network: NetworkSpec) -> ArchitectureData:
    return architecture_data(network, summarize(network))


def of(*layers: AnyLayer, input_shape: tuple[int, int, int] = (8, 8, 1)) -> ArchitectureData:
    return data_of(NetworkSpec(input_shape=input_shape, layers=layers))


def drawn(data: ArchitectureData) -> go.Figure:
    """The figure, checked by Plotly and by the JSON that the browser reads."""
    figure = architecture_figure(data)
    json.loads(to_json(figure))
    return go.Figure(figure)


def test_blocks_of_a_tiny_network() -> None:
    head = (Flatten(), Dense(units=16, activation="softmax"))
    assert of(Conv2D(filters=4), MaxPooling2D(pool_size=(3, 3)), *head) == ArchitectureData(
        (
            Block((0, 0), (3.0, 62.0, 62.0), "input", "Input", "8×8×1", ()),
            Block(
                *((0, 1), (13.0, 46.5, 46.5), "convolution", "Conv2D", "6×6×4"),
                ("(8 - 3 + 2·0) / 1 + 1 = 6", "3·3·1·4 + 4 = 40"),
            ),
            Block((0, 2), (13.0, 15.5, 15.5), "pooling", "MaxPooling2D", "2×2×4", ("(6 - 3 + 2·0) / 3 + 1 = 2",)),
            Block((0, 3), (6.0, 50.0, 6.0), "other", "Flatten", "16", ()),
            Block((0, 4), (6.0, 50.0, 6.0), "dense", "Dense", "16", ("16·16 + 16 = 272",)),
        )
    )


def test_the_figure_of_a_tiny_network() -> None:
    figure = drawn(of(BatchNormalization()))
    labels, hover = figure.data
    assert labels.text == ("<b>Input</b><br>8×8×1", "<b>Batch<br>Normalization</b><br>8×8×1")
    assert hover.hovertext == (
        "<b>Input</b><br>Output: 8×8×1",
        "<b>BatchNormalization</b><br>Output: 8×8×1<br>2·1 = 2<br>2·1 = 2",
    )
    assert (labels.x, labels.y) == ((0, 100), (-8, -8))
    # Front, top and side of each.
    assert len(figure.layout.shapes) == 6
    assert figure.layout.shapes[0].path == "M-12.3,0.0L-9.3,0.0L-9.3,62.0L-12.3,62.0Z"
    assert figure.layout.xaxis.range == (-50, 250)
    assert figure.layout.height == 158


def test_a_height_and_a_width() -> None:
    assert of(MaxPooling2D(pool_size=(2, 1)), input_shape=(8, 16, 2)).blocks[1].size == (8.0, 15.5, 62.0)


@pytest.mark.parametrize(
    ("layers", "columns", "width"), [(0, 3, 315), (2, 3, 315), (3, 4, 420), (5, 6, 630), (9, 6, 630)]
)
def test_a_drawing_is_as_wide_as_its_blocks(layers: int, columns: int, width: int) -> None:
    data = of(*[Dropout()] * layers)
    assert (data.columns, data.width) == (columns, width)
    least, most = architecture_figure(data)["layout"]["xaxis"]["range"]
    # As many pixels for a unit to the right as upwards.
    assert width / (most - least) == 1.05 and (least, most) == (-50, columns * 100 - 50)


def test_rows() -> None:
    data = of(*[Dropout()] * BLOCKS_PER_ROW)
    assert [block.cell for block in data.blocks] == [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 0)]
    assert data.rows == 2
    figure = drawn(data)
    assert figure.data[0].y[-1] == -CELL_HEIGHT - 8
    assert figure.layout.xaxis.range == (-50, 550)


def test_an_empty_network_is_its_input() -> None:
    data = of()
    assert data.blocks == (Block((0, 0), (3.0, 62.0, 62.0), "input", "Input", "8×8×1", ()),)
    drawn(data)


def test_a_network_with_a_mistake_ends_before_it() -> None:
    data = of(Conv2D(), Conv2D(kernel_size=(7, 7)), Flatten(), Dense())
    assert [block.title for block in data.blocks] == ["Input", "Conv2D"]
    drawn(data)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe(name: str) -> None:
    network = RECIPES[name].network
    data = data_of(network)
    assert [block.title for block in data.blocks[1:]] == [layer.kind for layer in network.layers]
    inside(data)


@pytest.mark.parametrize("kind", LAYERS)
def test_every_kind_of_layer(kind: str) -> None:
    flat = (Flatten(),) if kind == "Dense" else ()
    figure = drawn(of(*flat, LAYERS[kind]()))  # type: ignore[arg-type]
    # Every label is narrow enough for its cell (11 pixels high, so about 7 wide a letter).
    assert max(len(line) for line in figure.data[0].text[-1].replace("<b>", "").replace("</b>", "").split("<br>")) <= 14


def inside(data: ArchitectureData) -> None:
    """No block reaches into its neighbours' cells, or beyond the drawing's upper end."""
    figure = drawn(data)
    for block in data.blocks:
        thickness, height, depth = block.size
        assert min(block.size) > 0
        assert thickness + 0.35 * depth <= CELL_WIDTH
        assert height + 0.28 * depth <= figure.layout.yaxis.range[1]
        assert height + 0.28 * depth + 8 + 40 <= CELL_HEIGHT


def test_the_smallest_and_the_largest() -> None:
    inside(of(Conv2D(filters=1, kernel_size=(1, 1)), Flatten(), Dense(units=1), input_shape=(1, 1, 1)))
    inside(of(Conv2D(filters=2048, padding="same"), Flatten(), Dense(units=16384), input_shape=(512, 512, 4)))
    inside(of(*[DepthwiseConv2D(depth_multiplier=64, padding="same")] * MAX_LAYERS))
    inside(of(*[ZeroPadding2D(padding=(64, 0))] * MAX_LAYERS, input_shape=(1, 512, 1)))
    assert len(of(*[Dropout()] * MAX_LAYERS).blocks) == MAX_LAYERS + 1


def test_more_is_larger() -> None:
    dense = of(Flatten(), *[Dense(units=units) for units in (2, 3, 10, 100, 1000, 16384)]).blocks[2:]
    convolutions = of(*[Conv2D(filters=n, padding="same") for n in (1, 2, 3, 64, 2048)]).blocks[1:]
    poolings = of(*[MaxPooling2D()] * 3).blocks
    assert all(a.size[1] < b.size[1] for a, b in pairwise(dense))
    assert all(a.size[0] < b.size[0] for a, b in pairwise(convolutions))
    assert all(a.size[1:] > b.size[1:] for a, b in pairwise(poolings))


@given(networks)
def test_any_network(network: NetworkSpec) -> None:
    inside(data_of(network))


def test_the_hover_is_translated() -> None:
    figure = architecture_figure(of(), {"Output: {shape}": "출력: {shape}"}.__getitem__)
    assert figure["data"][1]["hovertext"] == ["<b>Input</b><br>출력: 8×8×1"]
