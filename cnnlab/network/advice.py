"""Advice for a network that is valid but odd. Each rule looks at the summary and says at most one thing a layer.

Quiet and right: a rule that is true of good networks is no advice. Errors are not the business of this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cnnlab.errors import fill
from cnnlab.marks import N_, Translate, untranslated
from cnnlab.network.layers import Activation, Dense, Dropout, MaxPooling2D, SpatialDropout2D
from cnnlab.network.shapes import Row, Summary
from cnnlab.network.spec import NetworkSpec

MOST_OF = 0.9
FEW_PARAMETERS = 20_000
"""Below this it does not matter where they are."""

STROKE_SHARE = 7
"""A pen stroke in MNIST is about 4 of 28 pixels wide."""

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


def _linear_stretch(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Two layers with weights and no non-linearity between them could be one."""
    before: Row | None = None
    for row in rows:
        weighs = row.multiply_adds.value > 0 and row.layer.kind not in ("BatchNormalization", "LayerNormalization")
        if weighs and before is not None:
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
        elif (
            _activation(row) != "linear"
            or isinstance(row.layer, MaxPooling2D)
            or row.layer.kind == "GlobalMaxPooling2D"
        ):
            before = None


def _one_heavy_layer(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """A convolutional network nearly all of whose parameters are in one Dense layer."""
    total = sum(row.parameters for row in rows)
    if total < FEW_PARAMETERS or not any("Conv" in row.layer.kind for row in rows):
        return
    for row in rows:
        share = row.parameters / total
        if isinstance(row.layer, Dense) and share > MOST_OF:
            yield Advice(
                "heavy",
                row.index,
                N_(
                    "{share:.0%} of all parameters are in this layer. Pooling before Flatten, or fewer units, "
                    "would make it smaller."
                ),
                (("share", share),),
            )


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
    if _activation(rows[-1]) != "softmax":
        yield Advice(
            "softmax",
            rows[-1].index,
            N_("The last layer has no softmax: its numbers are no probabilities, which the loss expects."),
        )


def _hidden_softmax(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Softmax inside a network makes its values compete and its gradients small."""
    for row in rows[:-1]:
        if _activation(row) == "softmax":
            yield Advice(
                "hidden-softmax",
                row.index,
                N_("Softmax belongs to the output; inside the network it lets few signals through. Use relu here."),
            )


def _dropped_answers(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Dropout after the last layer with weights, or a strong one just before it."""
    last = max((row.index for row in rows if isinstance(row.layer, Dense)), default=len(rows))
    for row in rows:
        if not isinstance(row.layer, Dropout | SpatialDropout2D) or row.layer.rate == 0:
            continue
        if row.index > last:
            yield Advice(
                "dropout-output",
                row.index,
                N_(
                    "This dropout switches off the answers themselves. Move it before the last Dense layer, or "
                    "remove it."
                ),
            )
        elif row.index == last - 1 and row.layer.rate > HIGH_RATE:
            yield Advice(
                "dropout-output",
                row.index,
                N_(
                    "Just before the output, a dropout of {rate:.0%} leaves little to decide by. Half of it or "
                    "less is usual."
                ),
                (("rate", row.layer.rate),),
            )


def _idle_activation(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """The same activation twice in a row does nothing the second time."""
    for before, row in pairwise(rows):
        if isinstance(row.layer, Activation) and row.layer.activation == _activation(before) in ("relu", "linear"):
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
