"""Convert Keras's description of a model to a NetworkSpec, for foreign files and scripts. No TensorFlow here.

A chain of layers that the Lab supports is accepted, in any form that `keras_forms` can rewrite. Arguments that do not
affect the predictions (initializers, regularizers) are ignored; all others are refused, never dropped silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cnnlab.datasets import DATASETS
from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network import keras_chain, keras_forms
from cnnlab.network.keras_chain import KerasLayer, Note, excerpt, unsupported_argument
from cnnlab.network.keras_forms import ArraysOf
from cnnlab.network.layer_bases import PoolingLayer
from cnnlab.network.layers import LAYERS, Activation
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import format_shape, summarize

_REQUIRED_VALUES: Mapping[str, object] = MappingProxyType(
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
        "lora_rank": None,
        "virtual_batch_size": None,
        "adjustment": None,
    }
)
"""Arguments that the Lab's layers lack -> the value for which the Keras layer computes the same as the Lab's."""
_IGNORED = frozenset(
    {"name", "dtype", "trainable", "seed", "synchronized", "renorm_clipping", "renorm_momentum", "fused", "lora_alpha"}
    | {"batch_input_shape", "batch_shape", "input_shape", "input_dtype", "sparse", "ragged"}
)
_IGNORED_ENDINGS = ("_initializer", "_regularizer", "_constraint")


@dataclass(frozen=True)
class ForeignNetwork:
    """A foreign model as a network of the Lab.

    Attributes:
        network: computes from the model's own pixels what the model computes.
        sources: for each of its layers, the model's layer; None for one that the model does not have.
        notes: what was rewritten.
    """

    network: NetworkSpec
    sources: tuple[KerasLayer | None, ...]
    notes: tuple[Note, ...]

    @property
    def outputs_scores(self) -> bool:
        """Return whether the last layer has no activation: it outputs logits, not probabilities."""
        last = self.network.layers[-1] if self.network.layers else None
        return getattr(last, "activation", "linear") == "linear"


def from_keras(description: object, name: str = "", arrays: ArraysOf | None = None) -> ForeignNetwork:
    """Return the network of a model described by `keras.saving.serialize_keras_object`, or in a file of Keras 2.

    Args:
        arrays: see `keras_forms.rewrite`.

    Raises:
        NetworkError: the Lab does not support the network; the error names the layer and the reason.
    """
    chain = keras_chain.read(description)
    for index, layer in enumerate(chain.layers):
        _check_known(layer, index)
    rewritten = keras_forms.rewrite(chain, arrays)
    fields = [_fields(layer, index) for index, layer in enumerate(rewritten.layers)]
    network = NetworkSpec.from_content(
        {"name": name[:80], "input_shape": list(rewritten.input_shape), "layers": fields}
    )
    _check_axes(network, rewritten.layers)
    originals = {layer.names: layer for layer in chain.layers}
    sources = tuple(originals.get(layer.names) for layer in rewritten.layers)
    return ForeignNetwork(network, sources, rewritten.notes)


def _check_known(layer: KerasLayer, index: int) -> None:
    """Check that the Lab has the layer, or a form of it."""
    if layer.registered or layer.kind == "Lambda":
        raise (
            NetworkError(
                N_("“{kind}” is custom code, which the Lab does not run."),
                N_("Replace it with Keras layers that the Lab supports."),
                kind=excerpt(layer.registered or layer.kind),
            )
            .at(index)
            .of_kind(excerpt(layer.kind))
        )
    if layer.kind not in LAYERS and not keras_forms.can_rewrite(layer):
        raise (
            NetworkError(
                N_("The Lab does not support the layer “{layer}”."),
                N_("Supported layers: {known}."),
                layer=excerpt(layer.kind),
                known=", ".join(LAYERS),
            )
            .at(index)
            .of_kind(excerpt(layer.kind))
        )


def _fields(layer: KerasLayer, index: int) -> dict[str, Any]:
    """Return the fields of a layer in the Lab's JSON format."""
    kind = layer.kind
    if kind not in LAYERS:
        shape = layer.config.get("target_shape")
        raise unsupported_argument("target_shape", shape).at(index).of_kind(kind)
    known = set(LAYERS[kind].model_fields) - {"kind", "kernels"}
    fields: dict[str, Any] = {"kind": kind}
    for name, value in layer.config.items():
        if name in known:
            fields[name] = value
        elif name in _IGNORED or name.endswith(_IGNORED_ENDINGS) or name == "axis":
            continue
        elif name not in _REQUIRED_VALUES or value != _REQUIRED_VALUES[name]:
            raise _refused(name, value).at(index).of_kind(kind)
    if issubclass(LAYERS[kind], PoolingLayer) and fields.get("strides") == fields.get("pool_size"):
        fields.pop("strides", None)
    if kind == "ZeroPadding2D":
        fields["padding"] = _symmetric_padding(fields.get("padding"), index)
    return fields


def _refused(name: str, value: object) -> NetworkError:
    if (name, value) == ("data_format", "channels_first"):
        return NetworkError(
            N_("Its images are channels, height, width; the Lab's are height, width, channels."),
            N_("Build the model with data_format='channels_last'."),
        )
    return unsupported_argument(name, value)


def _symmetric_padding(padding: object, index: int) -> list[int]:
    """Convert Keras's ((above, below), (left, right)) to the Lab's (above and below, left and right)."""
    try:
        (above, below), (left, right) = padding  # type: ignore[misc]
    except (TypeError, ValueError):
        above = below = left = right = None
    if above is None or above != below or left != right:
        raise (
            NetworkError(
                N_("Its padding is {padding}; expected the same padding above and below, and left and right."),
                padding=excerpt(padding),
            )
            .at(index, field="padding")
            .of_kind("ZeroPadding2D")
        )
    return [above, left]


def _check_axes(network: NetworkSpec, layers: tuple[KerasLayer, ...]) -> None:
    """Check that every normalization is over the last axis."""
    for row, layer in zip(summarize(network).rows, layers, strict=True):
        axis = layer.config.get("axis", -1)
        axis = axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis
        if row.input_shape is not None and axis not in (-1, len(row.input_shape)):
            raise unsupported_argument("axis", axis).at(row.index).of_kind(row.layer.kind)


def with_softmax(network: NetworkSpec) -> NetworkSpec:
    """Return the network with a softmax after its last layer."""
    return network.replace(layers=(*network.layers, Activation(activation="softmax")))


def same_architecture(one: NetworkSpec, other: NetworkSpec) -> bool:
    """Return whether both give the same Keras model, apart from names and hand-designed kernels."""
    return one.input_shape == other.input_shape and _as_keras(one) == _as_keras(other)


def _as_keras(network: NetworkSpec) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for layer in network.layers:
        arguments = {name: value for name, value in layer.arguments().items() if name != "trainable"}
        if isinstance(layer, PoolingLayer):
            arguments["strides"] = layer.strides or layer.pool_size
        found.append((layer.kind, arguments))
    return found


def matching_datasets(network: NetworkSpec) -> list[str]:
    """Return the names of the datasets whose image shape and number of classes match the network.

    Raises:
        NetworkError: no dataset matches.
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
            N_("The model maps {input} images to {output} outputs; no dataset in the Lab matches."),
            N_("Available datasets: {known}."),
            output=format_shape(output or ()) or "0",
            input=format_shape(network.input_shape),
            known=", ".join(
                f"{name} ({format_shape(shape)} → {classes[0]})" for name, (shape, classes) in sizes.items()
            ),
        )
    return found
