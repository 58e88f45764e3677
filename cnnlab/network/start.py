"""Start: where the weights of a network's first layers come from, and how many of them stay frozen.

Layers with weights are counted, not all layers: pooling or dropout can be added in between without losing a weight.
`transfer` makes such a network from another one; `lab.start_weights` reads the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from cnnlab.errors import NetworkError
from cnnlab.network.arithmetic import Shape
from cnnlab.network.layers import Layer

MAX_ID = 64
"""Maximum length of a run's id, in characters."""


class Start(BaseModel):
    """The trained network that a network starts from.

    Attributes:
        run: id of the run, or of a built-in network.
        epoch, step: the snapshot: `step` batches after `epoch` finished epochs.
        taken: how many layers start with its weights: the first ones that have weights.
        frozen: how many of these training leaves unchanged, again the first ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    run: str = Field(min_length=1, max_length=MAX_ID)
    epoch: int = Field(ge=0, le=1_000_000)
    step: int = Field(0, ge=0, le=1_000_000)
    taken: int = Field(ge=1, le=64)
    frozen: int = Field(ge=0, le=64)

    @model_validator(mode="after")
    def _limit_frozen(self) -> Start:
        if self.frozen > self.taken:
            raise PydanticCustomError("less_than_equal", "frozen > taken", {"le": self.taken})
        return self

    @model_serializer(mode="wrap")
    def _omit_step(self, handler: Any) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name != "step" or value}

    def with_taken(self, taken: int) -> Start | None:
        """Return a start with at most `taken` layers; None if nothing is left."""
        count = min(taken, self.taken)
        return self.model_copy(update={"taken": count, "frozen": min(self.frozen, count)}) if count else None


def weighted(layers: Sequence[Layer]) -> list[int]:
    """Return the indices of the layers that have weights."""
    return [index for index, layer in enumerate(layers) if layer.has_weights]


def common_weights(before: tuple[Shape, Sequence[Layer]], after: tuple[Shape, Sequence[Layer]]) -> int:
    """Return how many of the first layers with weights have the same weights in two networks (input shape, layers)."""
    count = 0
    for (one, its), (other, theirs) in zip(_weights(*before), _weights(*after), strict=False):
        # Below a layer that does not fit, shapes are not known, so the layers themselves are compared.
        same = its == theirs if its and theirs else one == other
        if one.kind != other.kind or not same or getattr(one, "kernels", ()) != getattr(other, "kernels", ()):
            break
        count += 1
    return count


def _weights(shape: Shape | None, layers: Sequence[Layer]) -> list[tuple[Layer, tuple[Shape, ...]]]:
    """Return each layer with weights, and the terms of its number of weights; () below a layer that does not fit."""
    found: list[tuple[Layer, tuple[Shape, ...]]] = []
    for layer in layers:
        terms: tuple[Shape, ...] = ()
        try:
            output = layer.output_shape(shape) if shape else None
            terms, shape = (layer.weights(shape).terms if shape else ()), output
        except NetworkError:
            shape = None
        if layer.has_weights:
            found.append((layer, terms))
    return found
