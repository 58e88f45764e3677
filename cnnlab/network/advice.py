"""Advice for a network that is valid but odd. Each rule looks at the summary and says at most one thing a layer.

Quiet and right: a rule that is true of good networks is no advice. Errors are not the business of this module.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cnnlab.errors import fill
from cnnlab.marks import N_, Translate, untranslated
from cnnlab.network.layers import (
    Activation,
    AveragePooling2D,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    LayerNormalization,
    MaxPooling2D,
    SpatialDropout2D,
)
from cnnlab.network.shapes import Row, Summary
from cnnlab.network.spec import NetworkSpec

MOST_OF = 0.9
FEW_PARAMETERS = 20_000
"""Below this it does not matter where they are."""

STROKE_SHARE = 11
"""A pen stroke in MNIST is about 2.5 of 28 pixels wide (the median of 500 digits; nine in ten are from 1.8 to 4.1)."""

HIGH_RATE = 0.5


@dataclass(frozen=True)
class Advice:
    """One piece of advice: `rule` and `layer` (an index) name it; `text` is a marked template with `values`."""

    rule: str
    layer: int
    text: str
    values: tuple[tuple[str, Any], ...] = ()

    def sentence(self, translate: Translate = untranslated) -> str:
        return fill(translate(self.text), dict(self.values))


def advise(network: NetworkSpec, summary: Summary) -> list[Advice]:
    """All advice for a network without errors, in the order of its layers; none for one with errors."""
    if summary.error or not summary.rows:
        return []
    found = [advice for rule in RULES for advice in rule(network, summary.rows)]
    return sorted(found, key=lambda advice: advice.layer)


def _activation(row: Row) -> str:
    return getattr(row.layer, "activation", "linear")


def _weighs(row: Row) -> bool:
    """Whether its outputs are weighted sums of its inputs: a convolution or Dense."""
    return isinstance(row.layer, Dense) or "Conv" in row.layer.kind


def _keeps_probabilities(row: Row) -> bool:
    """Whether probabilities that go in come out, when the network is used: as they are, or as the mean of several."""
    if isinstance(row.layer, Flatten):
        return row.input_shape is not None and math.prod(row.input_shape[:-1]) == 1
    if isinstance(row.layer, Activation):
        return row.layer.activation == "linear"
    kinds = Dropout | SpatialDropout2D | GaussianNoise | AveragePooling2D | GlobalAveragePooling2D
    return isinstance(row.layer, kinds)


def _answering(rows: tuple[Row, ...]) -> Row:
    """The last layer that makes numbers of its own: those behind it only pass its answers on."""
    return next((row for row in reversed(rows) if not _keeps_probabilities(row)), rows[-1])


def _linear_stretch(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Two layers with weights and no non-linearity between them could be one.

    Averages, batch normalization and dropout are linear once trained; a largest value, an activation, and a
    normalization by the image's own spread are not. A depthwise convolution before a 1×1 one is a separable one.
    """
    before: Row | None = None
    for row in rows:
        weighs = _weighs(row)
        if weighs and before is not None and not _separable(before, row):
            yield Advice(
                "linear",
                row.index,
                N_(
                    "Between layer {first} and layer {second} there is no non-linearity, so together they can do "
                    "no more than one layer. Give layer {first} an activation such as relu."
                ),
                (("first", before.index + 1), ("second", row.index + 1)),
            )
        if weighs:
            before = row if _activation(row) == "linear" else None
        elif _activation(row) != "linear" or isinstance(
            row.layer, MaxPooling2D | GlobalMaxPooling2D | LayerNormalization
        ):
            before = None


def _separable(before: Row, row: Row) -> bool:
    return (
        isinstance(before.layer, DepthwiseConv2D) and isinstance(row.layer, Conv2D) and row.layer.kernel_size == (1, 1)
    )


def _one_heavy_layer(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """A convolutional network nearly all of whose parameters are in one Dense layer."""
    total = sum(row.parameters for row in rows)
    if total < FEW_PARAMETERS or not any("Conv" in row.layer.kind for row in rows):
        return
    last = max((row.index for row in rows if _weighs(row)), default=0)
    flat = False
    for row in rows:
        share = row.parameters / total
        if isinstance(row.layer, Dense) and share > MOST_OF and (flat or row.index != last):
            # The last layer has as many units as there are classes, and there is nothing to pool behind another Dense.
            text = _HEAVY if flat and row.index != last else _HEAVY_OUTPUT if flat else _HEAVY_INSIDE
            yield Advice("heavy", row.index, text, (("share", share),))
        if isinstance(row.layer, Flatten | Dense):
            flat = isinstance(row.layer, Flatten)


_HEAVY = N_(
    "{share:.1%} of all parameters are in this layer. Pooling before Flatten, or fewer units, would make it smaller."
)
_HEAVY_OUTPUT = N_("{share:.1%} of all parameters are in this layer. Pooling before Flatten would make it smaller.")
_HEAVY_INSIDE = N_("{share:.1%} of all parameters are in this layer. Fewer units would make it smaller.")


def _short_sighted(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """The last feature maps see less than a stroke's width."""
    pictures = [row for row in rows if row.output_shape and len(row.output_shape) == 3 and row.receptive_field]
    if not any("Conv" in row.layer.kind for row in pictures):
        return
    field = pictures[-1].receptive_field
    assert field is not None
    height, width, _ = network.input_shape
    if min(field.size) * STROKE_SHARE < min(height, width):
        yield Advice(
            "short-sighted",
            pictures[-1].index,
            N_(
                "Each value of the last feature maps sees only {seen} of {height}×{width} pixels, less than a "
                "digit's stroke is wide. More convolutions or a pooling layer would let it see more."
            ),
            (("seen", "×".join(map(str, field.size))), ("height", height), ("width", width)),
        )


def _no_softmax(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """The loss expects probabilities, which only softmax makes."""
    answering = _answering(rows)
    if _activation(answering) != "softmax":
        yield Advice(
            "softmax",
            answering.index,
            N_("The last layer has no softmax: its numbers are no probabilities, which the loss expects."),
        )


def _hidden_softmax(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Softmax inside a network makes its values compete and its gradients small."""
    answering = _answering(rows)
    last = max((row.index for row in rows if _weighs(row)), default=-1)
    for row in rows[: answering.index]:
        if _activation(row) != "softmax":
            continue
        if row.index >= last and _activation(answering) == "softmax":
            yield Advice(
                "hidden-softmax",
                row.index,
                N_("Softmax twice makes the answers nearly equal. Use linear here."),
            )
        else:
            yield Advice(
                "hidden-softmax",
                row.index,
                N_("Softmax belongs to the output; inside the network it lets few signals through. Use relu here."),
            )


def _dropped_answers(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Dropout after the last layer with weights, or a strong one just before it."""
    last = max((row.index for row in rows if _weighs(row)), default=len(rows))
    for row in rows:
        if not isinstance(row.layer, Dropout | SpatialDropout2D) or row.layer.rate == 0:
            continue
        if row.index > last:
            yield Advice(
                "dropout-output",
                row.index,
                N_(
                    "This dropout switches off the answers themselves. Move it before the last layer with weights, "
                    "or remove it."
                ),
            )
        elif row.index == last - 1 and row.layer.rate > HIGH_RATE:
            yield Advice(
                "dropout-output",
                row.index,
                N_("Just before the output, a dropout of {rate:.0%} leaves little to decide by. 50% or less is usual."),
                (("rate", row.layer.rate),),
            )


def _idle_activation(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """ReLU twice in a row does nothing the second time; linear never does anything."""
    for row in rows:
        if isinstance(row.layer, Activation) and row.layer.activation == "linear":
            yield Advice("idle", row.index, N_("A linear activation changes nothing. Choose another, or remove it."))
    for before, row in pairwise(rows):
        if isinstance(row.layer, Activation) and row.layer.activation == _activation(before) == "relu":
            yield Advice("idle", row.index, N_("The layer before has the same activation: this one changes nothing."))


RULES: tuple[Callable[[NetworkSpec, tuple[Row, ...]], Iterator[Advice]], ...] = (
    _linear_stretch,
    _one_heavy_layer,
    _short_sighted,
    _no_softmax,
    _hidden_softmax,
    _dropped_answers,
    _idle_activation,
)
