"""A network's message for the browser, byte by byte, and the networks that get none."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cnnlab.errors import CNNLabError
from cnnlab.export import live_network
from cnnlab.network.build import build
from cnnlab.network.layers import Dense, Dropout, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import keras_names
from cnnlab.training.recipes import RECIPES

NETWORK = NetworkSpec(input_shape=(1, 2, 1), layers=(Flatten(), Dropout(rate=0.5), Dense(units=1)))
WEIGHTS = {"dense": (np.array([[1.5], [-2.0]], np.float32), np.array([0.1], np.float32))}


def parts(message: bytes) -> tuple[dict[str, object], bytes]:
    length = int.from_bytes(message[:4], "little")
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def test_a_message_is_a_head_and_the_weights_in_order() -> None:
    head, numbers = parts(live_network.write("run/0001", NETWORK, WEIGHTS, half=False))
    dense = {"units": 1, "activation": "linear", "use_bias": True}
    assert head == {
        "key": "run/0001",
        "input_shape": [1, 2, 1],
        "half": False,
        "layers": [
            {"kind": "Flatten", "options": {}, "weights": []},
            {"kind": "Dropout", "options": {"rate": 0.5}, "weights": []},
            {"kind": "Dense", "options": dense, "weights": [[2, 1], [1]]},
        ],
    }
    assert numbers == bytes.fromhex("0000c03f000000c0cdcccc3d")


def test_half_the_bytes_for_rounded_weights() -> None:
    head, numbers = parts(live_network.write("run/0001", NETWORK, WEIGHTS, half=True))
    assert head["half"] is True
    assert numbers == bytes.fromhex("003e00c0662e")
    (matrix, bias) = live_network.rounded(WEIGHTS)["dense"]
    assert (matrix.tolist(), bias.tolist(), bias.dtype) == ([[1.5], [-2.0]], [0.0999755859375], np.float32)
    assert not live_network.equal(WEIGHTS, live_network.rounded(WEIGHTS))
    assert live_network.rounded({"dense": (np.array([1e6], np.float32),)})["dense"][0].tolist() == [np.inf]


def test_the_full_network_takes_at_most_a_megabyte() -> None:
    network = RECIPES["full"].network
    names = zip(keras_names(network), build(network).layers, strict=True)
    weights = {name: tuple(layer.get_weights()) for name, layer in names}
    assert len(live_network.write("run/0001", network, weights, half=False)) < 1_000_000
    assert len(live_network.write("run/0001", network, weights, half=True)) < 500_000


def test_a_network_that_the_browser_cannot_compute_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    live_network.check(NETWORK)
    large = NetworkSpec(layers=(Flatten(), Dense(units=6400), Dense(units=10)))
    with pytest.raises(CNNLabError, match=r"5,088,010 parameters; at most 5,000,000 fit\. The workers compute"):
        live_network.check(large)
    monkeypatch.setattr(live_network, "TWINS", live_network.TWINS - {"Dropout"})
    with pytest.raises(CNNLabError, match=r"^The browser cannot compute the layer Dropout\."):
        live_network.check(NETWORK)
