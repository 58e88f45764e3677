"""The networks of the notes, held against the parameter counts that the notes (and other sources) print."""

from __future__ import annotations

import pytest

from cnnlab.datasets import DATASETS
from cnnlab.network.build import build
from cnnlab.network.layers import AnyLayer, Conv2D, Flatten, MaxPooling2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import check, summarize
from cnnlab.training.recipes import FIRST_RECIPE, RECIPES

PARAMETERS = {
    "mlp-sigmoid": 12_730,
    "mlp-relu": 12_730,
    "conv-8": 62_810,
    "full": 229_514,
    "week3": 93_322,
    "conv-10": 197_210,
    "conv-10-dropout": 197_210,
    "fashion": 333_526,
    "lenet-5": 61_706,
    "keras-convnet": 34_826,
    "vgg-cifar": 550_570,
}


def changed(name: str, layers: list[AnyLayer]) -> NetworkSpec:
    return RECIPES[name].network.replace(layers=tuple(layers))


def test_every_recipe_has_a_known_count() -> None:
    assert set(RECIPES) == set(PARAMETERS)
    assert FIRST_RECIPE in RECIPES


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name: str) -> None:
    network = RECIPES[name].network
    assert summarize(network).parameters == PARAMETERS[name]
    assert build(network).count_params() == PARAMETERS[name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_fits_its_dataset(name: str) -> None:
    recipe = RECIPES[name]
    dataset = DATASETS[recipe.training.checked().dataset]
    summary = check(recipe.network, dataset.input_shape, len(dataset.class_names), 20_000_000)
    assert summary.rows[-1].output_shape == (10,)
    assert recipe.network.name == name


def test_full_with_same_padding_as_its_prose_says() -> None:
    same = [
        layer.model_copy(update={"padding": "same"}) if isinstance(layer, Conv2D) else layer
        for layer in RECIPES["full"].network.layers
    ]
    assert summarize(changed("full", same)).parameters == 426_122
    assert build(changed("full", same)).count_params() == 426_122


def test_week3_with_a_third_pooling() -> None:
    layers = list(RECIPES["week3"].network.layers)
    layers.insert(layers.index(Flatten()), MaxPooling2D())
    summary = summarize(changed("week3", layers))
    assert summary.parameters == 60_554
    assert sum(row.parameters for row in summary.rows if isinstance(row.layer, Conv2D)) == 55_744
    assert build(changed("week3", layers)).count_params() == 60_554


def test_multiply_adds_of_the_full_network() -> None:
    assert summarize(RECIPES["full"].network).multiply_adds == 4_800_832


def test_table_is_that_of_keras() -> None:
    rows = summarize(RECIPES["conv-8"].network).rows
    assert [(row.name, row.layer.kind, row.output_shape, row.parameters) for row in rows] == [
        ("conv2d", "Conv2D", (28, 28, 8), 80),
        ("flatten", "Flatten", (6272,), 0),
        ("dense", "Dense", (10,), 62_730),
    ]
