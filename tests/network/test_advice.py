"""Every rule fires where it should and is silent where it should be; what is a usual network gets no advice."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given

from cnnlab.network.advice import MIN_PARAMETERS, RULES, Advice, advise
from cnnlab.network.build import keras_layer
from cnnlab.network.layers import (
    Activation,
    AnyLayer,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    LayerNormalization,
    MaxPooling2D,
    Rescaling,
    SeparableConv2D,
    SpatialDropout2D,
    ZeroPadding2D,
)
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training.recipes import RECIPES
from tests.network.networks import networks

SOFTMAX = Dense(units=10, activation="softmax")
RELU = Conv2D(filters=4, activation="relu")
LINEAR = Conv2D(filters=4)
HEAD = (Flatten(), SOFTMAX)


def of(*layers: AnyLayer, input_shape: tuple[int, int, int] = (28, 28, 1)) -> list[Advice]:
    network = NetworkSpec(input_shape=input_shape, layers=layers)
    summary = summarize(network)
    assert summary.error is None
    return advise(network, summary)


def places(rule: str, *layers: AnyLayer, input_shape: tuple[int, int, int] = (28, 28, 1)) -> list[int]:
    return [advice.layer for advice in of(*layers, input_shape=input_shape) if advice.rule == rule]


def sentence(rule: str, *layers: AnyLayer) -> str:
    (found,) = (advice for advice in of(*layers) if advice.rule == rule)
    return found.sentence()


@pytest.mark.parametrize("name", RECIPES)
def test_the_recipes_get_none_but_for_their_heavy_layers(name: str) -> None:
    found = [(advice.rule, advice.layer) for advice in advise(RECIPES[name].network, summarize(RECIPES[name].network))]
    heavy = {"conv-8": 2, "conv-10": 3, "conv-10-dropout": 4, "fashion": 5}
    assert found == ([("heavy", heavy[name])] if name in heavy else [])


@pytest.mark.parametrize(
    "between",
    [
        (),
        (AveragePooling2D(),),
        (BatchNormalization(),),
        (Dropout(),),
        (SpatialDropout2D(),),
        (GaussianNoise(),),
        (ZeroPadding2D(),),
        (Activation(activation="linear"),),
        (BatchNormalization(), AveragePooling2D(), Dropout()),
    ],
)
def test_nothing_but_linear_layers_between(between: tuple[AnyLayer, ...]) -> None:
    assert places("linear", LINEAR, *between, RELU, MaxPooling2D(), *HEAD) == [1 + len(between)]
    assert places("linear", RELU, *between, RELU, MaxPooling2D(), *HEAD) == []


@pytest.mark.parametrize(
    "between",
    [
        (MaxPooling2D(),),
        (Activation(activation="relu"),),
        (Activation(activation="tanh"),),
        (LayerNormalization(),),
        (BatchNormalization(), Activation(activation="relu")),
        (Dropout(), MaxPooling2D(), BatchNormalization()),
    ],
)
def test_something_between_that_is_not_linear(between: tuple[AnyLayer, ...]) -> None:
    assert places("linear", LINEAR, *between, RELU, *HEAD) == []


def test_linear_up_to_the_output() -> None:
    assert places("linear", RELU, Flatten(), Dense(units=9), SOFTMAX) == [3]
    assert places("linear", LINEAR, Flatten(), Dense(units=9), SOFTMAX) == [2, 3]
    assert places("linear", LINEAR, GlobalAveragePooling2D(), SOFTMAX) == [2]
    assert places("linear", LINEAR, GlobalMaxPooling2D(), SOFTMAX) == []
    assert places("linear", SeparableConv2D(filters=3), RELU, *HEAD) == [1]
    assert places("linear", *HEAD) == []
    assert sentence("linear", RELU, Flatten(), Dense(units=9), Dropout(), SOFTMAX) == (
        "There is no nonlinearity between layer 3 and layer 5, so together they can do no more than a single layer. "
        "Give layer 3 an activation such as relu."
    )


def test_a_separable_convolution_in_two_layers_is_usual() -> None:
    pointwise = Conv2D(filters=8, kernel_size=(1, 1), activation="relu")
    assert places("linear", RELU, DepthwiseConv2D(), pointwise, *HEAD) == []
    assert places("linear", RELU, DepthwiseConv2D(), BatchNormalization(), pointwise, *HEAD) == []
    assert places("linear", RELU, DepthwiseConv2D(), RELU, *HEAD) == [2]
    assert places("linear", RELU, LINEAR, pointwise, *HEAD) == [2]


@pytest.mark.parametrize(
    ("layer", "linear"),
    [
        (AveragePooling2D(), True),
        (BatchNormalization(), True),
        (Dropout(), True),
        (GaussianNoise(), True),
        (ZeroPadding2D(), True),
        (GlobalAveragePooling2D(), True),
        (MaxPooling2D(), False),
        (GlobalMaxPooling2D(), False),
        (LayerNormalization(), False),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_what_is_linear_is_so_in_keras(layer: AnyLayer, linear: bool) -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 1, 4, 4, 3)).astype("float32")
    model = keras.Sequential([keras.Input((4, 4, 3)), keras_layer(layer, "x")])
    of_a, of_b, of_middle = (np.asarray(model(x, training=False)) for x in (a, b, (a + b) / 2))
    # An affine function takes the middle to the middle.
    assert np.allclose(of_middle, (of_a + of_b) / 2, atol=1e-5) == linear


def test_one_heavy_layer() -> None:
    assert places("heavy", RELU, Flatten(), Dense(units=64, activation="relu"), SOFTMAX) == [2]
    assert places("heavy", Conv2D(filters=8, activation="relu"), *HEAD) == [2]
    # Everything in a Dense layer is what a network without convolutions is.
    assert places("heavy", Flatten(), Dense(units=64, activation="relu"), SOFTMAX) == []
    # Few parameters may lie where they like.
    small = (RELU, MaxPooling2D(), *HEAD)
    assert summarize(NetworkSpec(layers=small)).parameters < MIN_PARAMETERS
    assert places("heavy", *small) == []
    # Well spread.
    wide = Conv2D(filters=64, activation="relu")
    assert places("heavy", wide, MaxPooling2D(), wide, MaxPooling2D(), *HEAD) == []


def test_how_a_heavy_layer_is_made_lighter() -> None:
    assert sentence("heavy", RELU, Flatten(), Dense(units=64, activation="relu"), SOFTMAX) == (
        "99.6% of all parameters are in this layer. Pooling before Flatten, or fewer units, would make it smaller."
    )
    assert sentence("heavy", Conv2D(filters=8, activation="relu"), Flatten(), Dropout(), SOFTMAX) == (
        "99.9% of all parameters are in this layer. Pooling before Flatten would make it smaller."
    )
    hidden = Dense(units=4000, activation="relu")
    assert sentence("heavy", RELU, GlobalAveragePooling2D(), Dense(units=500, activation="relu"), hidden, SOFTMAX) == (
        "97.9% of all parameters are in this layer. Fewer units would make it smaller."
    )
    # The output has as many units as there are classes, and nothing before it to pool.
    deep = DepthwiseConv2D(depth_multiplier=64, activation="relu", use_bias=False, kernel_size=(1, 1))
    assert places("heavy", deep, deep, GlobalAveragePooling2D(), SOFTMAX) == []


def test_a_receptive_field_smaller_than_a_stroke() -> None:
    tiny = Conv2D(filters=4, kernel_size=(1, 1), activation="relu")
    assert places("short-sighted", tiny, tiny, *HEAD) == [1]
    assert places("short-sighted", Conv2D(kernel_size=(2, 5), activation="relu"), BatchNormalization(), *HEAD) == [1]
    assert places("short-sighted", tiny, GlobalAveragePooling2D(), SOFTMAX) == [0]
    assert places("short-sighted", RELU, *HEAD) == []
    assert places("short-sighted", tiny, MaxPooling2D(pool_size=(4, 4)), *HEAD) == []
    # Without a convolution nothing is meant to see an area.
    assert places("short-sighted", GaussianNoise(), *HEAD) == []
    # In a picture of 8 by 8 a stroke is a pixel wide.
    assert places("short-sighted", tiny, *HEAD, input_shape=(8, 8, 1)) == []
    assert sentence("short-sighted", tiny, *HEAD) == (
        "Each value of the last feature maps sees only 1×1 of 28×28 pixels, less than the width of a digit's stroke. "
        "More convolutions or a pooling layer would enlarge the receptive field."
    )


def test_softmax_missing() -> None:
    assert places("softmax", RELU, Flatten(), Dense(units=10)) == [2]
    assert places("softmax", RELU, Flatten(), Dense(units=10, activation="sigmoid")) == [2]
    assert places("softmax", RELU, Flatten(), Dense(units=10), Dropout()) == [2]
    assert places("softmax", RELU, *HEAD) == []
    assert places("softmax", RELU, Flatten(), Dense(units=10), Activation(activation="softmax")) == []
    # What comes behind only passes the probabilities on, or takes their mean.
    assert places("softmax", RELU, *HEAD, Flatten()) == []
    assert places("softmax", RELU, *HEAD, GaussianNoise(), Dropout()) == []
    probabilities = Conv2D(filters=10, activation="softmax")
    assert places("softmax", RELU, probabilities, GlobalAveragePooling2D()) == []
    assert places("softmax", RELU, probabilities, GlobalMaxPooling2D()) == [2]
    # Two places with five probabilities each are not ten.
    halves = Conv2D(filters=5, kernel_size=(7, 8), activation="softmax")
    assert places("softmax", halves, Flatten(), input_shape=(8, 8, 1)) == [1]
    assert places("softmax", RELU, *HEAD, BatchNormalization()) == [3]


def test_softmax_inside() -> None:
    assert places("hidden-softmax", RELU, Flatten(), Dense(units=9, activation="softmax"), SOFTMAX) == [2]
    assert places("hidden-softmax", RELU, Activation(activation="softmax"), *HEAD) == [1]
    assert places("hidden-softmax", RELU, Flatten(), Dense(units=9, activation="relu"), SOFTMAX) == []
    assert places("hidden-softmax", RELU, *HEAD, Dropout(), Flatten()) == []
    assert places("hidden-softmax", RELU, Conv2D(filters=10, activation="softmax"), GlobalAveragePooling2D()) == []


def test_softmax_twice() -> None:
    twice = (RELU, *HEAD, Activation(activation="softmax"))
    assert places("hidden-softmax", *twice) == [2]
    assert (
        sentence("hidden-softmax", *twice)
        == "Applying softmax twice makes the probabilities nearly equal. Use linear here."
    )
    assert places("hidden-softmax", RELU, Flatten(), Dense(units=10), Activation(activation="softmax")) == []


def test_dropped_answers() -> None:
    assert places("dropout-output", RELU, *HEAD, Dropout()) == [3]
    apart = (Dense(units=10), Dropout(), Activation(activation="softmax"))
    assert places("dropout-output", RELU, Flatten(), *apart) == [3]
    assert places("dropout-output", RELU, *HEAD, Dropout(rate=0)) == []
    answers = Conv2D(filters=10)
    assert places("dropout-output", RELU, answers, SpatialDropout2D(), GlobalAveragePooling2D()) == [2]
    assert places("dropout-output", RELU, Dropout(), answers, GlobalAveragePooling2D()) == []
    # Before the output it is usual, if it leaves enough.
    assert places("dropout-output", RELU, Flatten(), Dropout(rate=0.5), SOFTMAX) == []
    assert places("dropout-output", RELU, Flatten(), Dropout(rate=0.8), SOFTMAX) == [2]
    hidden = Dense(units=9, activation="relu")
    assert places("dropout-output", RELU, Flatten(), Dropout(rate=0.8), hidden, SOFTMAX) == []
    assert sentence("dropout-output", RELU, Flatten(), Dropout(rate=0.8), SOFTMAX) == (
        "A dropout of 80% just before the output removes too much. 50% or less is typical."
    )


def test_an_activation_that_does_nothing() -> None:
    again = Activation(activation="relu")
    assert places("idle", RELU, again, *HEAD) == [1]
    assert places("idle", LINEAR, again, *HEAD) == []
    # Sigmoid of sigmoid is another function.
    twice = Activation(activation="sigmoid")
    assert places("idle", twice, twice, *HEAD) == []
    assert places("idle", RELU, Activation(activation="linear"), *HEAD) == [1]
    assert places("idle", RELU, MaxPooling2D(), Activation(activation="linear"), *HEAD) == [2]
    assert places("idle", RELU, BatchNormalization(), again, *HEAD) == []


def test_pixels_that_are_rescaled_twice() -> None:
    bytes_to_one, to_bytes = Rescaling(scale=1 / 255), Rescaling(scale=255)
    assert places("squeezed", bytes_to_one, RELU, *HEAD) == [0]
    assert places("squeezed", Rescaling(scale=1 / 127.5, offset=-1), RELU, *HEAD) == [0]
    assert places("squeezed", ZeroPadding2D(), bytes_to_one, BatchNormalization(), RELU, *HEAD) == [1]
    # An imported network that expects 0 to 255 gets them first; what is 0 to 1 may become -1 to 1.
    assert places("squeezed", to_bytes, bytes_to_one, RELU, *HEAD) == []
    assert places("squeezed", to_bytes, bytes_to_one, bytes_to_one, RELU, *HEAD) == [1]
    assert places("squeezed", Rescaling(scale=2, offset=-1), RELU, *HEAD) == []
    # Elsewhere it can have its reason.
    assert places("squeezed", RELU, bytes_to_one, *HEAD) == []
    assert places("squeezed", BatchNormalization(), bytes_to_one, RELU, *HEAD) == []
    assert sentence("squeezed", bytes_to_one, RELU, *HEAD) == (
        "In the Lab, pixels are already 0 to 1, not 0 to 255: this rescaling leaves a difference of only 0.0039 "
        "between black and white, and the network learns slowly. Remove it."
    )


def test_every_rule_is_tried_here() -> None:
    names = {"linear", "heavy", "short-sighted", "softmax", "hidden-softmax", "dropout-output", "idle", "squeezed"}
    assert len(RULES) == len(names)
    tiny = Conv2D(filters=4, kernel_size=(1, 1))
    soft = Dense(units=400, activation="softmax")
    everything = (
        Rescaling(scale=0.01),
        tiny,
        Activation(activation="linear"),
        Flatten(),
        soft,
        Dense(units=10),
        Dropout(),
    )
    found = of(Rescaling(scale=0.01), *everything)
    assert {advice.rule for advice in found} == names
    assert [advice.layer for advice in found] == sorted(advice.layer for advice in found)


def test_none_for_a_network_with_a_mistake_or_without_layers() -> None:
    for layers in ((), (RELU, Dense(units=10))):
        network = NetworkSpec(layers=layers)
        assert advise(network, summarize(network)) == []


@given(networks)
def test_any_network(network: NetworkSpec) -> None:
    for advice in advise(network, summarize(network)):
        assert 0 <= advice.layer < len(network.layers)
        # Every value was filled in, also by a translation that leaves values out.
        assert "{" not in advice.sentence()
        assert advice.sentence(lambda text: "x") == "x"
