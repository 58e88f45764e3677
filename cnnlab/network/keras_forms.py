"""Rewrite what a Keras model can be written with, but the Lab's networks cannot, without changing its predictions.

Each rewriting is noted, so that it can be said. No TensorFlow here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network.arithmetic import Shape
from cnnlab.network.keras_chain import FUNCTIONAL, Chain, KerasLayer, Note, excerpt, note, unsupported_argument
from cnnlab.network.keras_input import image_first, reshaped

ArraysOf = Callable[[KerasLayer], Sequence[np.ndarray]]
"""Returns the stored arrays of a layer, in Keras's order."""

IDLE = frozenset({"ActivityRegularization", "AlphaDropout", "AugMix", "CutMix", "GaussianDropout", "Identity", "MixUp"})
"""Layers that do nothing when predicting; so do most of those whose names start with Random."""
_RESIZING = frozenset({"RandomCrop", "RandomElasticTransform"})
_FUNCTIONS = frozenset({"ReLU", "LeakyReLU", "ELU", "Softmax"})
STATISTICS_EPSILON = 1e-7
"""Keras's lower limit for the standard deviation in Normalization."""


@dataclass(frozen=True)
class Rewritten:
    """A chain of layers of the Lab's kinds.

    Attributes:
        input_shape: (height, width, channels).
        layers: kinds and arguments; a layer that the model does not have has no names.
    """

    input_shape: Shape
    layers: tuple[KerasLayer, ...]
    notes: tuple[Note, ...]


def rewrite(chain: Chain, arrays: ArraysOf | None = None) -> Rewritten:
    """Rewrite a chain.

    Args:
        arrays: reads the statistics of Normalization layers that the description does not have; None: they are left
            at mean 0 and variance 1.

    Raises:
        NetworkError: the model's input is not an image, or a layer has no form that the Lab has.
    """
    notes = _notes_on(chain)
    idle = [layer.kind for layer in chain.layers if _is_idle(layer)]
    if idle:
        notes.append(note(N_("Left out, since they do nothing when predicting: {layers}."), layers=_list(idle)))
    layers: list[KerasLayer] = []
    for index, layer in enumerate(chain.layers):
        if not _is_idle(layer):
            try:
                layers += _forms(layer, notes, arrays)
            except NetworkError as error:
                raise error.at(index, field=error.field).of_kind(layer.kind) from None
    shape, layers = image_first(chain.input_shape, layers, notes)
    return Rewritten(shape, tuple(layers), tuple(notes))


def _notes_on(chain: Chain) -> list[Note]:
    notes = []
    if chain.kind in FUNCTIONAL:
        notes.append(note(N_("The Functional model has no branches, so it was imported as a sequence of layers.")))
    if chain.nested:
        notes.append(note(N_("Models inside the model were replaced with their layers.")))
    policies = {_policy(layer) for layer in chain.layers} - {"float32", ""}
    if policies:
        text = N_("The model computes in {policy}; the Lab computes its predictions in float32.")
        notes.append(note(text, policy=_list(sorted(policies))))
    return notes


def _policy(layer: KerasLayer) -> str:
    """Return the number format that a layer computes in; "" if unknown."""
    found = layer.config.get("dtype")
    inside = found.get("config") if isinstance(found, dict) else None
    found = inside.get("name") if isinstance(inside, dict) else found
    return found if isinstance(found, str) else ""


def can_rewrite(layer: KerasLayer) -> bool:
    """Return whether a layer that the Lab does not have may have a form that the Lab has."""
    return layer.kind in _FUNCTIONS or layer.kind in ("Normalization", "Reshape") or _is_idle(layer)


def _is_idle(layer: KerasLayer) -> bool:
    random = layer.kind.startswith("Random") and layer.kind not in _RESIZING
    return not layer.registered and (random or layer.kind in IDLE)


def _list(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(map(excerpt, names)))


def _forms(layer: KerasLayer, notes: list[Note], arrays: ArraysOf | None) -> Iterator[KerasLayer]:
    """Yield the layers of the Lab that compute what this layer computes."""
    activation = layer.config.get("activation")
    if isinstance(activation, dict) and activation.get("class_name") in _FUNCTIONS:
        inside = activation.get("config")
        yield dataclasses.replace(layer, config={**layer.config, "activation": "linear"})
        yield _function(activation["class_name"], inside if isinstance(inside, dict) else {}, layer)
    elif layer.kind in _FUNCTIONS:
        yield _function(layer.kind, layer.config, layer)
    elif layer.kind == "Normalization":
        yield _normalization(layer, notes, arrays)
    elif layer.kind == "Reshape" and len(reshaped(layer, 1)) == 1:
        yield KerasLayer("Flatten", {}, layer.names, "")
    elif layer.kind == "BatchNormalization" and not (
        layer.config.get("center", True) and layer.config.get("scale", True)
    ):
        notes.append(note(N_("BatchNormalization without a learned scale or offset: scale 1 and offset 0 were added.")))
        yield dataclasses.replace(layer, config={**layer.config, "center": True, "scale": True})
    else:
        yield layer


def _function(kind: str, config: Mapping[str, Any], layer: KerasLayer) -> KerasLayer:
    """Return the layer of the Lab for a function that the model has as a layer."""
    match kind:
        case "ReLU":
            slope = _number(config.get("negative_slope") or 0.0)
            _require(config, {"max_value": None, "threshold": 0.0})
            return _slope(slope, layer) if slope else _activation("relu", layer)
        case "LeakyReLU":
            # Keras 2 calls it alpha, and stores a float32 as text with more digits than it has.
            old = float(f"{_number(config.get('alpha', 0.3)):.7g}")
            return _slope(_number(config.get("negative_slope", old)), layer)
        case "ELU":
            _require(config, {"alpha": 1.0})
            return _activation("elu", layer)
    _require(config, {"axis": -1})
    return _activation("softmax", layer)


def _slope(slope: float, layer: KerasLayer) -> KerasLayer:
    return KerasLayer("LeakyReLU", {"negative_slope": slope}, layer.names, "")


def _activation(name: str, layer: KerasLayer) -> KerasLayer:
    return KerasLayer("Activation", {"activation": name}, layer.names, "")


def _require(config: Mapping[str, Any], expected: Mapping[str, object]) -> None:
    for name, value in expected.items():
        if config.get(name, value) != value:
            raise unsupported_argument(name, config[name])


def _number(value: object) -> float:
    value = value.get("config", value) if isinstance(value, dict) else value
    value = value.get("value", value) if isinstance(value, dict) else value
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise unsupported_argument("negative_slope", value)
    return float(value)


def _normalization(layer: KerasLayer, notes: list[Note], arrays: ArraysOf | None) -> KerasLayer:
    """Return a Rescaling with the statistics of a Normalization; by channel, a BatchNormalization."""
    _require(layer.config, {"invert": False})
    axis = layer.config.get("axis", -1)
    if axis not in (None, -1, 3, [], [-1], [3]):
        raise unsupported_argument("axis", axis)
    mean, variance = statistics(layer, arrays)
    scale = 1 / np.maximum(np.sqrt(variance), STATISTICS_EPSILON)
    if len(set(scale)) == 1 and len(set(mean)) == 1:
        notes.append(note(N_("Normalization became Rescaling with its fixed statistics.")))
        config = {"scale": float(f"{scale[0]:.9g}"), "offset": float(f"{-mean[0] * scale[0]:.9g}")}
        return KerasLayer("Rescaling", config, layer.names, "")
    notes.append(note(N_("Normalization became BatchNormalization, which starts with its statistics by channel.")))
    return KerasLayer("BatchNormalization", {"epsilon": STATISTICS_EPSILON}, layer.names, "")


def statistics(layer: KerasLayer, arrays: ArraysOf | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the variance of a Normalization layer, each a vector; 0 and 1 if they cannot be read yet."""
    found = [_described(layer.config.get(name)) for name in ("mean", "variance")]
    if None in [None if one is None else 0 for one in found]:
        stored = list(arrays(layer)) if arrays else []
        found = [np.ravel(one).astype(np.float64) for one in stored[:2]]
    mean, variance = found if len(found) == 2 else (np.zeros(1), np.ones(1))
    assert mean is not None and variance is not None
    return mean, variance


def _described(value: object) -> np.ndarray | None:
    """Return the mean or variance in a description as a vector; None if it has none."""
    if isinstance(value, dict):
        inside = value.get("config", {})
        value = inside.get("value") if isinstance(inside, dict) else None
    try:
        return None if value is None else np.ravel(np.asarray(value, np.float64))
    except (TypeError, ValueError):
        raise unsupported_argument("mean", value) from None
