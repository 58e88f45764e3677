"""Keras's own description of a model -> NetworkSpec: for files and scripts that were made elsewhere. No TensorFlow.

A Sequential of layers that the Lab has is taken. What the description says besides is either without influence on the
answers (how the weights began, what punished them) or it is refused, never silently left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cnnlab.datasets import DATASETS
from cnnlab.errors import NetworkError
from cnnlab.marks import N_
from cnnlab.network.bases import PoolingLayer
from cnnlab.network.layers import LAYERS, Rescaling
from cnnlab.network.shapes import summarize, written
from cnnlab.network.spec import MAX_BRIEF, NetworkSpec

FOR_PIXELS = 0.05
"""A model that begins with a Rescaling by less was made for pixels from 0 to 255 (1/255 and 1/127.5 are usual); one by
more for what the Lab gives, 0 to 1."""

_NEUTRAL: Mapping[str, object] = MappingProxyType(
    {
        "data_format": "channels_last",
        "groups": 1,
        "center": True,
        "scale": True,
        "rms_scaling": False,
        "renorm": False,
        "keepdims": False,
        "noise_shape": None,
        "quantization_config": None,
    }
)
"""Arguments that the Lab's layers do not have -> the value with which Keras's layer does what the Lab's does."""
_NO_MATTER = frozenset({"name", "dtype", "trainable", "seed", "synchronized", "renorm_clipping", "renorm_momentum"})
_NO_MATTER_EITHER = ("_initializer", "_regularizer", "_constraint")


def from_keras(description: object, name: str = "") -> NetworkSpec:
    """The network of a model as `keras.saving.serialize_keras_object` describes it.

    Raises:
        NetworkError: the Lab has no such network; the error says at which layer, and why.
    """
    if not isinstance(description, dict) or not isinstance(description.get("config"), dict):
        raise no_model(description)
    kind, config = description.get("class_name"), description["config"]
    entries = config.get("layers", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise no_model(entries)
    inputs = sum(entry.get("class_name") == "InputLayer" for entry in entries)
    if inputs > 1:
        raise NetworkError(
            N_("The model has {count} inputs; a network of the Lab has one, a picture."),
            N_("Use a model with one input."),
            count=inputs,
        )
    if kind != "Sequential":
        raise NetworkError(
            N_("The model is of the kind “{kind}”; expected Sequential: one layer after another."),
            N_("Build it as keras.Sequential."),
            kind=brief(kind),
        )
    layers = [entry for entry in entries if entry.get("class_name") != "InputLayer"]
    fields = [_fields(entry, index) for index, entry in enumerate(layers)]
    network = NetworkSpec.from_content(
        {"name": name[:80], "input_shape": _input_shape(config, entries), "layers": fields}
    )
    _check_axes(network, layers)
    return network


def _input_shape(config: dict[str, Any], entries: list[dict[str, Any]]) -> list[int]:
    found = config.get("build_input_shape")
    for entry in entries[:1]:
        inside = entry.get("config")
        if isinstance(inside, dict):
            found = inside.get("batch_shape") or found
    if (
        not isinstance(found, list | tuple)
        or len(found) != 4
        or not all(isinstance(length, int) and not isinstance(length, bool) for length in found[1:])
    ):
        raise NetworkError(
            N_("The model's input is {received}; expected pictures of a fixed size: height, width, channels."),
            N_("Begin it with keras.Input((height, width, channels))."),
            received=brief(found),
        )
    return list(found[1:])


def _fields(entry: dict[str, Any], index: int) -> dict[str, Any]:
    """A layer's description as the Lab's JSON has it."""
    kind, config = entry.get("class_name"), entry.get("config")
    if not isinstance(kind, str) or kind not in LAYERS or not isinstance(config, dict):
        raise (
            NetworkError(
                N_("The Lab has no layer “{layer}”."),
                N_("It has these: {known}."),
                layer=brief(entry.get("registered_name") or kind),
                known=", ".join(LAYERS),
            )
            .at(index)
            .of_kind(brief(kind))
        )
    known = set(LAYERS[kind].model_fields) - {"kind", "kernels"}
    fields: dict[str, Any] = {"kind": kind}
    for name, value in config.items():
        if name in known:
            fields[name] = value
        elif name in _NO_MATTER or name.endswith(_NO_MATTER_EITHER) or name == "axis":
            continue
        elif name not in _NEUTRAL or value != _NEUTRAL[name]:
            raise (
                NetworkError(
                    N_("The Lab's layer cannot have {argument}={value}."),
                    N_("Leave the argument at its default."),
                    argument=brief(name),
                    value=brief(value),
                )
                .at(index)
                .of_kind(kind)
            )
    if issubclass(LAYERS[kind], PoolingLayer) and fields.get("strides") == fields.get("pool_size"):
        fields.pop("strides", None)
    if kind == "ZeroPadding2D":
        fields["padding"] = _frame(fields.get("padding"), index)
    return fields


def _frame(padding: object, index: int) -> list[int]:
    """Keras's ((above, below), (left, right)) as the Lab's (above and below, left and right)."""
    try:
        (above, below), (left, right) = padding  # type: ignore[misc]
    except (TypeError, ValueError):
        above = below = left = right = None
    if above is None or above != below or left != right:
        raise (
            NetworkError(
                N_("It adds a frame of {padding}; expected as many zeros above as below, and left as right."),
                padding=brief(padding),
            )
            .at(index, field="padding")
            .of_kind("ZeroPadding2D")
        )
    return [above, left]


def _check_axes(network: NetworkSpec, layers: list[dict[str, Any]]) -> None:
    """A normalization has to go over the last axis."""
    for row, entry in zip(summarize(network).rows, layers, strict=True):
        axis = entry["config"].get("axis", -1)
        axis = axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis
        if row.input_shape is not None and axis not in (-1, len(row.input_shape)):
            raise (
                NetworkError(
                    N_("The Lab's layer cannot have {argument}={value}."),
                    N_("Leave the argument at its default."),
                    argument="axis",
                    value=brief(axis),
                )
                .at(row.index)
                .of_kind(row.layer.kind)
            )


def white(network: NetworkSpec) -> int:
    """The brightest value of the pixels that a stranger's network was made for: 255 or 1."""
    first = network.layers[0] if network.layers else None
    return 255 if isinstance(first, Rescaling) and 0 < first.scale < FOR_PIXELS else 1


def for_unit(network: NetworkSpec) -> NetworkSpec:
    """The network that does with the Lab's pixels, 0 to 1, what a stranger's network did with its own."""
    if white(network) == 1:
        return network
    first = network.layers[0]
    assert isinstance(first, Rescaling)
    ours = Rescaling(scale=round(first.scale * white(network), 9), offset=first.offset)
    return network.replace(layers=(ours, *network.layers[1:]))


def check_unit(network: NetworkSpec) -> None:
    """See that a network was made for pixels as the Lab has them.

    Raises:
        NetworkError: it was made for those from 0 to 255.
    """
    if white(network) != 1:
        raise (
            NetworkError(
                N_("The layer makes pixels from 0 to 255 small; those of the Lab are from 0 to 1."),
                N_("Leave it out, and divide the images by 255 before they are given to the model."),
            )
            .at(0, field="scale")
            .of_kind("Rescaling")
        )


def alike(one: NetworkSpec, other: NetworkSpec) -> bool:
    """Whether both are the same to Keras: names and hand-designed kernels apart."""
    return one.input_shape == other.input_shape and _as_keras(one) == _as_keras(other)


def _as_keras(network: NetworkSpec) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for layer in network.layers:
        arguments = {name: value for name, value in layer.arguments().items() if name != "trainable"}
        if isinstance(layer, PoolingLayer):
            arguments["strides"] = layer.strides or layer.pool_size
        found.append((layer.kind, arguments))
    return found


def suiting(network: NetworkSpec) -> list[str]:
    """The datasets whose images and number of classes fit the network, by name.

    Raises:
        NetworkError: there is none, or the network ends in something else than probabilities.
    """
    summary = summarize(network)
    if summary.error:
        raise summary.error
    output = summary.rows[-1].output_shape if summary.rows else ()
    own = {name: info for name, info in DATASETS.items() if not info.shuffled}
    sizes = {name: (info.input_shape, (len(info.class_names),)) for name, info in own.items()}
    found = [name for name, size in sizes.items() if size == (network.input_shape, output)]
    if not found:
        raise NetworkError(
            N_("The model makes {output} numbers of a picture of {input}; no dataset of the Lab is like that."),
            N_("The datasets are: {known}."),
            output=written(output or ()) or "0",
            input=written(network.input_shape),
            known=", ".join(f"{name} ({written(shape)} → {classes[0]})" for name, (shape, classes) in sizes.items()),
        )
    last = network.layers[-1]
    if getattr(last, "activation", "linear") != "softmax":
        raise (
            NetworkError(
                N_("The last layer does not give probabilities: its activation should be softmax."),
                N_("Add one before saving: model.add(keras.layers.Activation('softmax'))."),
            )
            .at(len(network.layers) - 1, field="activation")
            .of_kind(last.kind)
        )
    return found


def brief(value: object) -> str:
    """A stranger's value, short enough for a sentence."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        text = "…"
    text = text if len(text) <= MAX_BRIEF else text[: MAX_BRIEF - 1] + "…"
    return "".join(letter if letter.isprintable() else "?" for letter in text.encode(errors="replace").decode())


def no_model(description: object) -> NetworkError:
    return NetworkError(
        N_("This describes no Keras model; received {received}."),
        N_("Choose a file that Keras 3 wrote: model.save('model.keras')."),
        received=brief(description) if not isinstance(description, dict) else "{…}",
    )
