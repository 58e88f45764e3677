"""Every mistake that has a button is mended by it, and mending comes to an end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.errors import NetworkError
from cnnlab.network.layers import (
    AnyLayer,
    AveragePooling2D,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalMaxPooling2D,
    MaxPooling2D,
    SeparableConv2D,
)
from cnnlab.network.quick_fixes import QUICK_FIXES, Requirements, apply_quick_fix
from cnnlab.network.spec import MAX_LAYERS, NetworkSpec
from cnnlab.network.summary import check, summarize
from tests.network.networks import any_layer, networks

NEEDS = Requirements((8, 8, 1), 10)
SOFTMAX = Dense(units=10, activation="softmax")
HEAD = (Flatten(), SOFTMAX)
MOST = 1_000_000
DOT, EDGE, SQUARE = ((1.0,),), ((-1.0, 0.0, 1.0),), ((1.0, 2.0), (3.0, 4.0))


def mistake(network: NetworkSpec) -> NetworkError | None:
    try:
        check(network, NEEDS.input_shape, NEEDS.classes, MOST)
    except NetworkError as error:
        return error
    return None


def of(*layers: AnyLayer, input_shape: tuple[int, int, int] = (8, 8, 1)) -> NetworkSpec:
    return NetworkSpec(name="x", input_shape=input_shape, layers=layers)


CASES: list[tuple[str, NetworkSpec, NetworkSpec]] = [
    ("flatten", of(Conv2D(), SOFTMAX), of(Conv2D(), Flatten(), SOFTMAX)),
    (
        "same",
        of(MaxPooling2D(), Conv2D(kernel_size=(5, 5), filters=4), *HEAD),
        of(MaxPooling2D(), Conv2D(kernel_size=(5, 5), filters=4, padding="same"), *HEAD),
    ),
    (
        "same",
        of(*[AveragePooling2D(pool_size=(3, 3))] * 2, *HEAD),
        of(AveragePooling2D(pool_size=(3, 3)), AveragePooling2D(pool_size=(3, 3), padding="same"), *HEAD),
    ),
    ("remove", of(Flatten(), Conv2D(), SOFTMAX), of(*HEAD)),
    (
        "undilate",
        of(Conv2D(strides=(2, 2), dilation_rate=(2, 1)), *HEAD),
        of(Conv2D(strides=(2, 2)), *HEAD),
    ),
    ("equal-strides", of(DepthwiseConv2D(strides=(1, 2)), *HEAD), of(DepthwiseConv2D(strides=(2, 2)), *HEAD)),
    ("equal-strides", of(SeparableConv2D(strides=(3, 2)), *HEAD), of(SeparableConv2D(strides=(3, 3)), *HEAD)),
    (
        "more-filters",
        of(Conv2D(filters=1, kernels=(DOT, EDGE)), *HEAD),
        of(Conv2D(filters=2, kernels=(DOT, EDGE)), *HEAD),
    ),
    (
        "kernel-size",
        of(Conv2D(kernel_size=(2, 5), kernels=(DOT, EDGE)), *HEAD),
        of(Conv2D(kernel_size=(1, 5), kernels=(DOT, EDGE)), *HEAD),
    ),
    (
        "drop-kernels",
        of(Conv2D(kernels=(DOT, SQUARE, EDGE)), *HEAD),
        of(Conv2D(kernels=(DOT, EDGE)), *HEAD),
    ),
    ("input-shape", of(*HEAD, input_shape=(28, 28, 3)), of(*HEAD)),
    (
        "units",
        of(Flatten(), Dense(units=9, activation="relu", use_bias=False)),
        of(Flatten(), Dense(units=10, activation="softmax", use_bias=False)),
    ),
    ("head", of(), of(*HEAD)),
    ("head", of(Conv2D()), of(Conv2D(), *HEAD)),
    ("head", of(Conv2D(), GlobalMaxPooling2D()), of(Conv2D(), GlobalMaxPooling2D(), SOFTMAX)),
    ("head", of(Flatten(), Dense(units=9), Dropout()), of(Flatten(), Dense(units=9), Dropout(), SOFTMAX)),
]


@pytest.mark.parametrize(("name", "wrong", "right"), CASES, ids=[f"{case[0]}-{n}" for n, case in enumerate(CASES)])
def test_the_button_mends_it(name: str, wrong: NetworkSpec, right: NetworkSpec) -> None:
    error = mistake(wrong)
    assert error and error.quick_fix == name
    assert apply_quick_fix(wrong, error, NEEDS) == right
    assert mistake(right) is None


def test_every_mend_has_a_case() -> None:
    # That a network cannot start from another one, only a Lab can tell: tests/lab/test_start_weights.py.
    assert {case[0] for case in CASES} | {"from-scratch"} == set(QUICK_FIXES)


def test_no_button_where_the_remedy_is_not_clear() -> None:
    large = of(Flatten(), Dense(units=16000), Dense(units=100), SOFTMAX)
    error = mistake(large)
    assert error and error.quick_fix is None and apply_quick_fix(large, error, NEEDS) is None


def test_no_room_for_another_layer_is_said() -> None:
    full = of(*[Dropout()] * (MAX_LAYERS - 1), SOFTMAX)
    error = mistake(full)
    assert error and error.quick_fix == "flatten"
    with pytest.raises(NetworkError, match="at most 64 layers"):
        apply_quick_fix(full, error, NEEDS)
    # A head takes two layers, and is put on whole or not at all.
    almost = of(*[Dropout()] * (MAX_LAYERS - 1))
    error = mistake(almost)
    assert error and error.quick_fix == "head"
    with pytest.raises(NetworkError, match="at most 64 layers"):
        apply_quick_fix(almost, error, NEEDS)


def mended(network: NetworkSpec, most: int) -> None:
    """Press the button until there is none: the mistake is another each time, and above it the shapes stay."""
    for _ in range(most):
        error = mistake(network)
        if error is None or error.quick_fix is None:
            return
        before = summarize(network).rows
        try:
            network = apply_quick_fix(network, error, NEEDS) or pytest.fail("a mend without a change")
        except NetworkError as full:
            assert len(network.layers) + 2 > MAX_LAYERS and full.remedy == "Remove a layer first."
            return
        if error.layer is not None and error.quick_fix not in ("units", "head"):
            shapes = [row.output_shape for row in summarize(network).rows]
            assert shapes[: error.layer] == [row.output_shape for row in before[: error.layer]]
    pytest.fail(f"no end of mending: {error}")


@given(networks)
@settings(max_examples=300)
def test_mending_ends(network: NetworkSpec) -> None:
    mended(network, 70)


@given(st.lists(any_layer, min_size=40, max_size=MAX_LAYERS))
@settings(max_examples=40)
def test_mending_a_long_network_ends(layers: list[AnyLayer]) -> None:
    # At most five mistakes a layer: dilation, strides, padding, filters and size of its kernels.
    mended(of(*layers, input_shape=(9, 7, 2)), 5 * MAX_LAYERS + 3)
