"""Edit a network: every change returns a new network, and `Edits` can undo and redo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network.layers import LAYERS, Layer
from cnnlab.network.spec import MAX_LAYERS, NetworkSpec

Value = TypeVar("Value")

MAX_UNDO_STEPS = 200
"""Maximum number of undo steps."""


def insert(network: NetworkSpec, index: int, layer: Layer) -> NetworkSpec:
    """Insert `layer` at `index`; the layers below move down.

    Raises:
        NetworkError: there are already `MAX_LAYERS`.
    """
    if len(network.layers) >= MAX_LAYERS:
        raise NetworkError(
            N_("A network may have at most {most} layers."), N_("Remove a layer first."), most=MAX_LAYERS
        )
    return network.replace(layers=(*network.layers[:index], layer, *network.layers[index:]))


def new_layer(kind: str) -> Layer:
    """Return a layer of `kind` (a key of `LAYERS`) with defaults, and ReLU if it has an activation."""
    layer = LAYERS[kind]
    return layer.model_validate({"activation": "relu"} if "activation" in layer.model_fields else {})


def remove(network: NetworkSpec, index: int) -> NetworkSpec:
    """Remove the layer at `index`."""
    return network.replace(layers=network.layers[:index] + network.layers[index + 1 :])


def duplicate(network: NetworkSpec, index: int) -> NetworkSpec:
    """Insert a copy of the layer at `index` after it; see `insert`."""
    return insert(network, index + 1, network.layers[index])


def move(network: NetworkSpec, index: int, by: int) -> NetworkSpec:
    """Move the layer at `index` down by `by` positions (up if negative), at most to the end."""
    layers = list(network.layers)
    layer = layers.pop(index)
    layers.insert(min(max(index + by, 0), len(layers)), layer)
    return network.replace(layers=tuple(layers))


def replace_layer(network: NetworkSpec, index: int, layer: Layer) -> NetworkSpec:
    """Replace the layer at `index` with `layer`."""
    return network.replace(layers=(*network.layers[:index], layer, *network.layers[index + 1 :]))


def update_layer(network: NetworkSpec, index: int, **changes: object) -> NetworkSpec:
    """Change fields of the layer at `index`."""
    layer: Layer = network.layers[index]
    return replace_layer(network, index, type(layer).model_validate({**dict(layer), **changes}))


def fitted(network: NetworkSpec, input_shape: tuple[int, int, int], classes: int) -> NetworkSpec:
    """Return a network for other images: their shape, and one output per class if the last layer has units."""
    network = network.replace(input_shape=input_shape)
    if not network.layers or getattr(network.layers[-1], "units", classes) == classes:
        return network
    return update_layer(network, len(network.layers) - 1, units=classes)


@dataclass
class Edits(Generic[Value]):
    """The present value, with its history for undo and redo."""

    present: Value
    past: list[Value] = field(default_factory=list)
    future: list[Value] = field(default_factory=list)

    def make(self, value: Value) -> None:
        """Make `value` the present one; do nothing if it is equal."""
        if value == self.present:
            return
        self.past = [*self.past, self.present][-MAX_UNDO_STEPS:]
        self.present, self.future = value, []

    def undo(self) -> None:
        """Go back one step, if there is one."""
        if self.past:
            self.future.append(self.present)
            self.present = self.past.pop()

    def redo(self) -> None:
        """Repeat the last undone step, if there is one."""
        if self.future:
            self.past.append(self.present)
            self.present = self.future.pop()
