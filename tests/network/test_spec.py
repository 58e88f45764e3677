"""A network as JSON: its round trip, and that nothing in a stranger's text does more than raise a NetworkError."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab.errors import NetworkError
from cnnlab.network.layers import LAYERS, Conv2D, Dropout, Flatten, MaxPooling2D
from cnnlab.network.spec import MAX_JSON, MAX_LAYERS, NetworkSpec
from tests.network.networks import FULL, layers, networks, without_kernels

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=12,
)


@given(networks)
def test_json_round_trip(network: NetworkSpec) -> None:
    assert NetworkSpec.from_json(network.to_json()) == network
    assert NetworkSpec.from_json(network.to_json(indent=2)) == network


@pytest.mark.parametrize("kind", LAYERS)
def test_only_what_was_chosen_is_written(kind: str) -> None:
    assert LAYERS[kind]().model_dump() == {"kind": kind}


def test_the_format_is_this() -> None:
    network = NetworkSpec(name="n", layers=(Conv2D(kernel_size=(3, 5), strides=(2, 2)), MaxPooling2D(), Flatten()))
    assert network.to_json() == (
        '{"version":1,"name":"n","input_shape":[28,28,1],"layers":'
        '[{"kind":"Conv2D","kernel_size":[3,5],"strides":2},{"kind":"MaxPooling2D"},{"kind":"Flatten"}]}'
    )


def test_kernels_are_written_as_short_as_keras_keeps_them() -> None:
    layer = Conv2D(kernels=(((-0.0, 1 / 9), (1e-60, -2.0)),), trainable=False)
    assert layer.kernels == (((0.0, 0.11111111), (0.0, -2.0)),)
    text = NetworkSpec(layers=(layer,)).to_json()
    assert '{"kind":"Conv2D","kernels":[[[0,0.11111111],[0,-2]]],"trainable":false}' in text
    assert NetworkSpec.from_json(text).layers == (layer,)


def test_a_network_written_before_there_were_kernels() -> None:
    (layer,) = NetworkSpec.from_json('{"version":1,"layers":[{"kind":"Conv2D","filters":8}]}').layers
    assert layer == Conv2D(filters=8, kernels=(), trainable=True)


def test_all_kernels_together_have_an_end() -> None:
    kernels = tuple(((float(number),) * 8,) * 8 for number in range(4))
    half = Conv2D(kernels=kernels, kernel_size=(8, 8))
    network = NetworkSpec(layers=(half, Flatten(), half))
    assert NetworkSpec.from_json(network.to_json()) == network
    with pytest.raises(NetworkError) as refused:
        network.replace(layers=(*network.layers, Conv2D(kernels=(((1.0,),),))))
    assert refused.value.sentences() == (
        "Layer 4 (Conv2D): The hand-designed kernels of a network may have at most 512 weights in total.",
        "Remove kernels first, or use smaller ones.",
    )
    assert (refused.value.layer, refused.value.field) == (3, "kernels")
    with pytest.raises(NetworkError, match="at most 512 weights"):
        NetworkSpec.from_content({"layers": [half.model_dump(mode="json")] * 3})


@given(st.sampled_from(sorted(LAYERS)).flatmap(layers))
def test_the_largest_network_is_not_too_long(layer: Any) -> None:
    network = NetworkSpec(name="x" * 80, layers=(FULL, *[without_kernels(layer)] * (MAX_LAYERS - 1)))
    assert len(network.to_json(indent=2)) < MAX_JSON


@given(st.text())
def test_any_text(text: str) -> None:
    with contextlib.suppress(NetworkError):
        NetworkSpec.from_json(text)


@given(values)
def test_any_json(content: Any) -> None:
    with contextlib.suppress(NetworkError):
        NetworkSpec.from_json(json.dumps(content))


@given(networks, st.data())
@settings(max_examples=300)
def test_a_network_with_something_exchanged(network: NetworkSpec, data: st.DataObject) -> None:
    content = json.loads(network.to_json())
    place: Any = content
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from([*keys, "new"])) if isinstance(place, dict) or not keys else None
        key = data.draw(st.sampled_from(list(keys))) if key is None else key
        inside = place.get(key) if isinstance(place, dict) else place[key] if keys else None
        if isinstance(inside, dict | list) and inside and data.draw(st.booleans()):
            place = inside
            continue
        break
    if isinstance(place, dict) or keys:
        place[key] = data.draw(values)
    try:
        again = NetworkSpec.from_json(json.dumps(content))
    except NetworkError as error:
        problem, _ = error.sentences()
        assert not any("{" + name + "}" in error.problem.format(**error.values) for name in error.values)
        problem.encode()
    else:
        assert NetworkSpec.from_json(again.to_json()) == again


REFUSED = {
    '{"layers": [{"kind": "Conv2D", "filters": 0}]}': "Layer 1 (Conv2D): “filters” should be at least 1; received 0.",
    '{"layers": [{"kind": "Dense", "units": 20000}]}': (
        "Layer 1 (Dense): “units” should be at most 16384; received 20000."
    ),
    '{"layers": [{"kind": "Flatten"}, {"kind": "Dropout", "rate": 1}]}': (
        "Layer 2 (Dropout): “rate” should be less than 1.0; received 1."
    ),
    '{"layers": [{"kind": "BatchNormalization", "epsilon": 0}]}': (
        "Layer 1 (BatchNormalization): “epsilon” should be more than 0.0; received 0."
    ),
    '{"layers": [{"kind": "Conv2D", "padding": "full"}]}': (
        'Layer 1 (Conv2D): “padding” should be one of valid, same; received "full".'
    ),
    '{"layers": [{"kind": "Conv2D", "kernel_size": [3]}]}': "Layer 1 (Conv2D): “kernel_size.1” is missing.",
    '{"layers": [{"kind": "Conv2D", "kernel_size": [3, 3, 3]}]}': (
        "Layer 1 (Conv2D): “kernel_size” should have at most 2 entries; received 3."
    ),
    '{"layers": [{"kind": "Conv2D", "kernel_size": [3, 0]}]}': (
        "Layer 1 (Conv2D): “kernel_size.1” should be at least 1; received 0."
    ),
    '{"layers": [{"kind": "Conv2D", "filters": "many"}]}': (
        'Layer 1 (Conv2D): “filters” should be a whole number; received "many".'
    ),
    '{"layers": [{"kind": "Conv2D", "filters": {}}]}': (
        "Layer 1 (Conv2D): “filters” should be a whole number; received {…}."
    ),
    '{"layers": [{"kind": "Dropout", "rate": NaN}]}': "Layer 1 (Dropout): “rate” should be a number; received NaN.",
    '{"layers": [{"kind": "Dense", "use_bias": "maybe"}]}': (
        'Layer 1 (Dense): “use_bias” should be true or false; received "maybe".'
    ),
    '{"layers": [{"kind": "Dense", "Dense": 1}]}': "Layer 1 (Dense): Unknown field “Dense”.",
    '{"layers": [{"kind": "Conv2D", "kernels": [[[1, 2], [3]]]}]}': (
        "Layer 1 (Conv2D): “kernels.0” should be a matrix: a list of rows of the same length."
    ),
    '{"layers": [{"kind": "Conv2D", "kernels": [[[1]], [[1.0]]]}]}': (
        "Layer 1 (Conv2D): “kernels” should not contain the same kernel twice."
    ),
    '{"layers": [{"kind": "Conv2D", "kernels": [[[1], []]]}]}': (
        "Layer 1 (Conv2D): “kernels.0.1” should not be empty."
    ),
    '{"layers": [{"kind": "Conv2D", "kernels": [[[1, NaN]]]}]}': (
        "Layer 1 (Conv2D): “kernels.0.0.1” should be a number; received NaN."
    ),
    '{"layers": [{"kind": "Conv2D", "kernels": [[[-1e9]]]}]}': (
        "Layer 1 (Conv2D): “kernels.0.0.0” should be at least -1000.0; received -1000000000.0."
    ),
    '{"layers": [{"kind": "Conv2D", "kernels": [[[' + "1," * 64 + "1]]]}]}": (
        "Layer 1 (Conv2D): “kernels.0.0” should have at most 64 entries; received 65."
    ),
    '{"layers": [{"kind": "Flatten"}, {"kind": "Conv2D", "kernels": [' + "[[1,2,3]]," * 512 + "[[4]]]}]}": (
        "Layer 2 (Conv2D): “kernels” should have at most 512 entries; received 513."
    ),
    '{"layers": [{"kind": "Dense", "kernels": []}]}': "Layer 1 (Dense): Unknown field “kernels”.",
    '{"layers": [{"kind": "Conv2D", "trainable": 5}]}': (
        "Layer 1 (Conv2D): “trainable” should be true or false; received 5."
    ),
    '{"layers": [{}]}': "Layer 1 (?): “kind” is missing.",
    '{"layers": [7]}': "Layer 1 (?): “layer” should be an object with named fields; received 7.",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refusals_name_the_layer_and_the_field(text: str) -> None:
    with pytest.raises(NetworkError) as refused:
        NetworkSpec.from_json(text)
    assert str(refused.value) == REFUSED[text]


def test_an_unknown_kind() -> None:
    with pytest.raises(NetworkError) as refused:
        NetworkSpec.from_json('{"layers": [{"kind": "Conv3D"}]}')
    assert str(refused.value).startswith("Layer 1 (?): “kind” should be one of Conv2D, DepthwiseConv2D, ")
    assert str(refused.value).endswith('Flatten, Dense; received "Conv3D".')


REMEDY = "Expected an object with “input_shape” and “layers”, as exported from CNN Lab."
REFUSED_AS_A_WHOLE = {
    "": "This is not JSON; expected a network exported from CNN Lab. "
    "Copy the whole text, from the first brace to the last.",
    "[" * 50_000: "This is not JSON; expected a network exported from CNN Lab. "
    "Copy the whole text, from the first brace to the last.",
    " " * 100_001: "A network file may have at most 100000 characters; received 100001.",
    '{"version": 2}': "The network was written by a newer CNN Lab (format 2; this one reads 1). "
    "Update CNN Lab, or ask for the network in the older format.",
    '{"version": 0}': f"“version” should be one of 1; received 0. {REMEDY}",
    "5": f"“JSON” should be an object with named fields; received 5. {REMEDY}",
    '{"layers": 5}': f"“layers” should be a list; received 5. {REMEDY}",
    '{"input_shape": [28, 28]}': f"“input_shape.2” is missing. {REMEDY}",
    '{"input_shape": [28, 28, 5]}': f"“input_shape.2” should be at most 4; received 5. {REMEDY}",
    '{"name": 3}': f"“name” should be text; received 3. {REMEDY}",
    json.dumps({"name": "x" * 81}): f"“name” should have at most 80 characters. {REMEDY}",
    json.dumps({"y" * 81: 1}): f"Unknown field “{'y' * 39}…”. {REMEDY}",
    json.dumps(
        {"layers": [{"kind": "Flatten"}] * 65}
    ): f"“layers” should have at most 64 entries; received 65. {REMEDY}",
}


@pytest.mark.parametrize("text", REFUSED_AS_A_WHOLE, ids=lambda text: text[:20])
def test_refusals_of_the_whole(text: str) -> None:
    with pytest.raises(NetworkError) as refused:
        NetworkSpec.from_json(text)
    assert str(refused.value) == REFUSED_AS_A_WHOLE[text]
    assert refused.value.layer is None


def test_the_error_is_placed_at_the_field() -> None:
    with pytest.raises(NetworkError) as refused:
        NetworkSpec.from_json('{"layers": [{"kind": "Flatten"}, {"kind": "Dropout", "rate": 2}]}')
    assert (refused.value.layer, refused.value.kind, refused.value.field) == (1, "Dropout", "rate")


def test_replace_validates() -> None:
    network = NetworkSpec(layers=(Dropout(),))
    assert network.replace(name="other").layers == (Dropout(),)
    with pytest.raises(ValueError, match="input_shape"):
        network.replace(input_shape=(0, 1, 1))
