"""Read the description of a Keras model as one chain of layers. No TensorFlow here.

A Sequential, a Functional model without branches, and such models inside each other are read, as Keras 2 and Keras 3
describe them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cnnlab.errors import NetworkError, translated
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.network.spec import MAX_EXCERPT
from cnnlab.network.summary import keras_name

SEQUENTIAL, FUNCTIONAL = "Sequential", ("Functional", "Model")
"""Classes of models; "Model" is what old versions of Keras call a Functional model."""


@dataclass(frozen=True)
class KerasLayer:
    """One layer of a described model.

    Attributes:
        kind: its class.
        config: its arguments.
        names: the names of the models around it, from outside in, and its own.
        group: where the weights file of a `.keras` file has its arrays, such as "layers/conv2d_1".
        registered: the full name of its class if that is not one of Keras's own.
    """

    kind: str
    config: dict[str, Any]
    names: tuple[str, ...]
    group: str
    registered: str = ""


@dataclass(frozen=True)
class Chain:
    """The layers of a model in order, without its input layers.

    Attributes:
        input_shape: the shape of one input as described, without the batch axis; any value if there is none.
        kind: the class of the model.
        nested: whether there were models inside the model.
    """

    input_shape: object
    kind: str
    layers: tuple[KerasLayer, ...]
    nested: bool


@dataclass(frozen=True)
class Note:
    """One thing that was changed in a foreign model: a marked text and its values."""

    text: str
    values: tuple[tuple[str, Any], ...] = ()

    def sentence(self, translate: Translate = untranslated) -> str:
        """Return the text with its values filled in; marked texts in the values are translated."""
        return translated(self.text, dict(self.values), translate)


def note(text: str, **values: Any) -> Note:
    """Return a note with its values."""
    return Note(text, tuple(values.items()))


def read(description: object) -> Chain:
    """Read a description made by `keras.saving.serialize_keras_object`, or the one in a file of Keras 2.

    Raises:
        NetworkError: it does not describe a model, or not one whose layers follow one another.
    """
    entries = _entries(description)
    assert isinstance(description, dict)
    layers = tuple(_layers(description, entries, (), ""))
    depth = max((len(layer.names) for layer in layers), default=1)
    return Chain(_input_shape(description["config"], entries), description["class_name"], layers, depth > 1)


def _entries(description: object) -> list[dict[str, Any]]:
    """Return the layers that a model's description lists, checked."""
    if not isinstance(description, dict) or not isinstance(description.get("config"), dict | list):
        raise not_a_model(description)
    kind, config = description.get("class_name"), description["config"]
    # Before 2.2.3, Keras stored the layers of a Sequential as a list.
    entries = config.get("layers", []) if isinstance(config, dict) else config
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise not_a_model(entries)
    inputs = sum(entry.get("class_name") == "InputLayer" for entry in entries)
    if inputs > 1:
        raise NetworkError(
            N_("The model has {count} inputs; the Lab supports a single image as input."),
            N_("Use a model with one input."),
            count=inputs,
        )
    if kind != SEQUENTIAL and kind not in FUNCTIONAL:
        raise NetworkError(
            N_("The model is of class “{kind}”; expected Sequential or Functional."),
            N_("Build it as keras.Sequential, or with keras.Model(inputs, outputs)."),
            kind=excerpt(kind),
        )
    return entries


def _layers(
    model: dict[str, Any], entries: list[dict[str, Any]], names: tuple[str, ...], group: str
) -> Iterator[KerasLayer]:
    """Yield the layers of a model, and of the models inside it, in order of computation."""
    groups = _groups(entries, f"{group}layers/")
    for entry in entries if model["class_name"] == SEQUENTIAL else _in_order(model["config"], entries):
        kind, config = entry.get("class_name"), entry.get("config")
        if kind == "InputLayer":
            continue
        path = (*names, _name(entry))
        if kind == SEQUENTIAL or kind in FUNCTIONAL:
            yield from _layers(entry, _entries(entry), path, f"{groups[id(entry)]}/")
        else:
            registered = entry.get("registered_name")
            if not isinstance(kind, str) or not isinstance(config, dict):
                kind, config = excerpt(entry), {}
            yield KerasLayer(
                kind,
                config,
                path,
                groups[id(entry)],
                registered if isinstance(registered, str) and registered != kind else "",
            )


def _groups(entries: list[dict[str, Any]], parent: str) -> dict[int, str]:
    """Return the group of each entry, by the entry's id: Keras numbers the layers of each class from the second on."""
    seen: Counter[str] = Counter()
    found = {}
    for entry in entries:
        name = keras_name(str(entry.get("class_name")))
        found[id(entry)] = f"{parent}{name}_{seen[name]}" if seen[name] else f"{parent}{name}"
        seen[name] += 1
    return found


def _name(entry: dict[str, Any]) -> str:
    config = entry.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return str(name or entry.get("name") or "")


def _in_order(config: dict[str, Any], entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the layers of a Functional model from its input to its output.

    Raises:
        NetworkError: a layer has several inputs, or is used several times; or the model has several outputs.
    """
    by_name = {str(entry.get("name") or _name(entry)): entry for entry in entries}
    outputs = list(_sources(config.get("output_layers")))
    if len(outputs) != 1:
        raise NetworkError(
            N_("The model has {count} outputs; the Lab supports one output with a value per class."),
            N_("Use a model with one output."),
            count=len(outputs),
        )
    found: list[dict[str, Any]] = []
    name: str | None = outputs[0]
    while name is not None:
        entry = by_name.get(name)
        if entry is None or entry in found:
            raise not_a_model(config.get("output_layers"))
        found.insert(0, entry)
        name = _source(entry, name)
    return found


def _source(entry: dict[str, Any], name: str) -> str | None:
    """Return the name of the one layer whose output this layer takes; None for the input."""
    calls = entry.get("inbound_nodes")
    if entry.get("class_name") == "InputLayer" or not isinstance(calls, list) or not calls:
        return None
    sources = list(_sources(calls))
    if len(sources) != 1:
        raise NetworkError(
            N_("The layer “{layer}” has {count} inputs; the Lab supports networks whose layers follow one another."),
            N_("Use a model without branches, skip connections and shared layers."),
            layer=excerpt(name),
            count=len(sources),
        )
    return sources[0]


def _sources(node: object) -> Iterator[str]:
    """Yield the name of every layer that a part of a description refers to, in the form of Keras 2 or 3."""
    if isinstance(node, dict):
        history = node.get("keras_history")
        yield from _sources(history if history is not None else list(node.values()))
    elif isinstance(node, list | tuple):
        if len(node) >= 3 and isinstance(node[0], str) and isinstance(node[1], int):
            yield node[0]
            yield from _sources(list(node[3:]))
        else:
            for part in node:
                yield from _sources(part)


def _input_shape(config: dict[str, Any] | list[Any], entries: list[dict[str, Any]]) -> object:
    """Return the described shape of one input, without the batch axis."""
    found = config.get("build_input_shape") if isinstance(config, dict) else None
    first = sorted(entries, key=lambda entry: entry.get("class_name") != "InputLayer")[:1]
    for entry in first:
        inside = entry.get("config")
        if isinstance(inside, dict):
            found = inside.get("batch_shape") or inside.get("batch_input_shape") or found
            if found is None and isinstance(inside.get("layers"), list):
                return _input_shape(inside, [one for one in inside["layers"] if isinstance(one, dict)])
    return list(found[1:]) if isinstance(found, list | tuple) else found


def excerpt(value: object) -> str:
    """Return a foreign value as printable text short enough for a sentence."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        text = "…"
    text = text if len(text) <= MAX_EXCERPT else text[: MAX_EXCERPT - 1] + "…"
    return "".join(letter if letter.isprintable() else "?" for letter in text.encode(errors="replace").decode())


def not_a_model(description: object) -> NetworkError:
    """Return the error for a description that is not one of a Keras model."""
    return NetworkError(
        N_("This does not describe a Keras model; received {received}."),
        N_("Choose a file saved by Keras: model.save('model.keras')."),
        received=excerpt(description) if not isinstance(description, dict) else "{…}",
    )


def unsupported_argument(name: str, value: object) -> NetworkError:
    """Return the error for an argument that the Lab's layer does not have."""
    return NetworkError(
        N_("The Lab does not support {argument}={value} in this layer."),
        N_("Leave the argument at its default."),
        argument=excerpt(name),
        value=excerpt(value),
    )
