"""What a network's outputs are, against what Keras computes with random weights."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.network.layers import (
    Activation,
    AveragePooling2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    LayerNormalization,
)
from cnnlab.network.outputs import NO_CLASS, NOTES, OutputKind, format_output, output_kind, predicted_classes
from cnnlab.network.spec import NetworkSpec

ENDS: tuple[tuple[tuple[Layer, ...], OutputKind], ...] = (
    ((Flatten(), Dense(units=10, activation="softmax")), "probabilities"),
    ((Flatten(), Dense(units=10), Activation(activation="softmax")), "probabilities"),
    ((Flatten(), Dense(units=10, activation="softmax"), Dropout(rate=0.5)), "probabilities"),
    ((Conv2D(filters=10, activation="softmax"), GlobalAveragePooling2D()), "probabilities"),
    ((Conv2D(filters=10, activation="softmax"), AveragePooling2D(pool_size=(6, 6)), Flatten()), "probabilities"),
    ((Flatten(), Dense(units=10, activation="sigmoid")), "independent"),
    ((Flatten(), Dense(units=10)), "scores"),
    ((Flatten(), Dense(units=10, activation="relu")), "scores"),
    ((Flatten(), Dense(units=10, activation="softmax"), Dense(units=10)), "scores"),
    ((Flatten(), Dense(units=10, activation="softmax"), LayerNormalization()), "scores"),
    ((Conv2D(filters=5, activation="softmax"), AveragePooling2D(pool_size=(3, 6)), Flatten()), "scores"),
)


@pytest.mark.parametrize(("layers", "kind"), ENDS)
def test_only_probabilities_add_up_to_one(layers: tuple[Layer, ...], kind: OutputKind) -> None:
    from cnnlab.network.build import build

    network = NetworkSpec(input_shape=(8, 8, 1), layers=layers)
    assert output_kind(network) == kind
    images = np.random.default_rng(0).random((5, 8, 8, 1), np.float32)
    outputs = np.asarray(build(network)(images, training=False))
    assert np.allclose(outputs.sum(axis=1), 1, atol=1e-5) == (kind == "probabilities")
    if kind != "scores":
        assert outputs.min() >= 0 and outputs.max() <= 1
    assert bool(NOTES[kind]) == (kind != "probabilities")


def test_no_class_is_predicted_from_nan() -> None:
    outputs = np.array([[1, 3, 2], [np.nan, 1, 2], [0, np.inf, 0], [-5, -7, -5]], np.float32)
    assert predicted_classes(outputs).tolist() == [1, NO_CLASS, NO_CLASS, 0]
    assert predicted_classes(np.zeros((0, 3))).tolist() == []


def test_only_a_probability_is_a_percentage() -> None:
    assert format_output(0.93149, "probabilities") == "93.1%"
    assert format_output(0.93149, "probabilities", 0) == "93%"
    assert format_output(0.93149, "independent") == "0.931"
    assert format_output(317.6204, "scores") == "317.6"
    assert format_output(-12.9, "scores") == "-12.9"
