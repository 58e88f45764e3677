"""Changing a network by hand: each change gives a new network, and a stack of them can be gone back and forth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cnnlab.errors import NetworkError
from cnnlab.marks import N_
from cnnlab.network.layers import LAYERS, Layer
from cnnlab.network.spec import MAX_LAYERS, NetworkSpec

Value = TypeVar("Value")

MOST_STEPS = 200
"""So many changes can be undone."""


def insert(network: NetworkSpec, index: int, layer: Layer) -> NetworkSpec:
    """With `layer` at `index`; the others move down.

    Raises:
        NetworkError: there are already `MAX_LAYERS`.
    """
    if len(network.layers) >= MAX_LAYERS:
        raise NetworkError(
            N_("A network has at most {most} layers here."), N_("Remove a layer first."), most=MAX_LAYERS
        )
    return network.replace(layers=(*network.layers[:index], layer, *network.layers[index:]))


def new_layer(kind: str) -> Layer:
    """A layer of `kind` (a key of `LAYERS`) as one begins with it: those with weights inside a network use ReLU."""
    layer = LAYERS[kind]
    return layer.model_validate({"activation": "relu"} if "activation" in layer.model_fields else {})


def remove(network: NetworkSpec, index: int) -> NetworkSpec:
    return network.replace(layers=network.layers[:index] + network.layers[index + 1 :])


def duplicate(network: NetworkSpec, index: int) -> NetworkSpec:
    """With a second layer like the one at `index`, behind it; see `insert`."""
    return insert(network, index + 1, network.layers[index])


def move(network: NetworkSpec, index: int, by: int) -> NetworkSpec:
    """With the layer at `index` moved `by` places down (up: negative), at most to the end."""
    layers = list(network.layers)
    layer = layers.pop(index)
    layers.insert(min(max(index + by, 0), len(layers)), layer)
    return network.replace(layers=tuple(layers))


def exchange(network: NetworkSpec, index: int, layer: Layer) -> NetworkSpec:
    """With `layer` in the place of the one at `index`."""
    return network.replace(layers=(*network.layers[:index], layer, *network.layers[index + 1 :]))


def alter(network: NetworkSpec, index: int, **changes: object) -> NetworkSpec:
    """With other fields of the layer at `index`."""
    layer: Layer = network.layers[index]
    return exchange(network, index, type(layer).model_validate({**dict(layer), **changes}))


@dataclass
class Edits(Generic[Value]):
    """What is being designed, and the ways back and forth."""

    present: Value
    past: list[Value] = field(default_factory=list)
    future: list[Value] = field(default_factory=list)

    def make(self, value: Value) -> None:
        """Go on to `value`; one that is no change leaves everything as it is."""
        if value == self.present:
            return
        self.past = [*self.past, self.present][-MOST_STEPS:]
        self.present, self.future = value, []

    def undo(self) -> None:
        if self.past:
            self.future.append(self.present)
            self.present = self.past.pop()

    def redo(self) -> None:
        if self.future:
            self.past.append(self.present)
            self.present = self.future.pop()
