"""Advice for networks that are valid but unusual. Each rule gives at most one piece of advice per layer.

Avoid false alarms: a rule that applies to good networks is useless. Errors are found by `summary`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cnnlab.errors import fill
from cnnlab.i18n.marks import N_, Translate, untranslated
from cnnlab.network.layers import (
    Activation,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalMaxPooling2D,
    LayerNormalization,
    MaxPooling2D,
    SpatialDropout2D,
)
from cnnlab.network.outputs import output_row
from cnnlab.network.pixel_range import MIN_CONTRAST, leading_rescalings, pixel_range
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Row, Summary

HEAVY_SHARE = 0.9
"""A layer with more than this share of all parameters is heavy."""
MIN_PARAMETERS = 20_000
"""In smaller networks the distribution of the parameters does not matter."""

IMAGE_TO_STROKE = 11
"""Image side divided by stroke width: strokes in MNIST are about 2.5 of 28 pixels wide (median of 500 digits; 1.8 to
4.1 for nine in ten)."""

MAX_DROPOUT_RATE = 0.5


@dataclass(frozen=True)
class Advice:
    """One piece of advice, identified by `rule` and `layer` (an index); `text` is a marked template for `values`.

    `quick_fix` names one of `quick_fixes.QUICK_FIXES` that follows the advice; "" without one.
    """

    rule: str
    layer: int
    text: str
    values: tuple[tuple[str, Any], ...] = ()
    quick_fix: str = ""

    def sentence(self, translate: Translate = untranslated) -> str:
        """Return the text with its values filled in."""
        return fill(translate(self.text), dict(self.values))


def advise(network: NetworkSpec, summary: Summary) -> list[Advice]:
    """Return all advice in the order of the layers; none for a network with errors."""
    if summary.error or not summary.rows:
        return []
    found = [advice for rule in RULES for advice in rule(network, summary.rows)]
    return sorted(found, key=lambda advice: advice.layer)


def _activation(row: Row) -> str:
    return getattr(row.layer, "activation", "linear")


def _is_weighted_sum(row: Row) -> bool:
    """Return whether a layer computes weighted sums: a convolution or Dense."""
    return isinstance(row.layer, Dense) or "Conv" in row.layer.kind


def _missing_nonlinearity(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Find two layers with weights and no nonlinearity between them: one layer could replace both.

    Averages, batch normalization and dropout are linear at inference time; max pooling, activations and layer
    normalization are not. A depthwise convolution before a 1×1 convolution is a separable convolution, so no fault.
    """
    before: Row | None = None
    for row in rows:
        has_weights = _is_weighted_sum(row)
        if has_weights and before is not None and not _separable(before, row):
            yield Advice(
                "linear",
                row.index,
                N_(
                    "There is no nonlinearity between layer {first} and layer {second}, so together they can do no "
                    "more than a single layer. Give layer {first} an activation such as relu."
                ),
                (("first", before.index + 1), ("second", row.index + 1)),
            )
        if has_weights:
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
    """Find a Dense layer that has nearly all parameters of a convolutional network."""
    total = sum(row.parameters for row in rows)
    if total < MIN_PARAMETERS or not any("Conv" in row.layer.kind for row in rows):
        return
    last = max((row.index for row in rows if _is_weighted_sum(row)), default=0)
    flat = False
    for row in rows:
        share = row.parameters / total
        if isinstance(row.layer, Dense) and share > HEAVY_SHARE and (flat or row.index != last):
            # The last layer needs one unit per class, and there is nothing to pool after another Dense layer.
            text = _HEAVY if flat and row.index != last else _HEAVY_OUTPUT if flat else _HEAVY_INSIDE
            yield Advice("heavy", row.index, text, (("share", share),))
        if isinstance(row.layer, Flatten | Dense):
            flat = isinstance(row.layer, Flatten)


_HEAVY = N_(
    "{share:.1%} of all parameters are in this layer. Pooling before Flatten, or fewer units, would make it smaller."
)
_HEAVY_OUTPUT = N_("{share:.1%} of all parameters are in this layer. Pooling before Flatten would make it smaller.")
_HEAVY_INSIDE = N_("{share:.1%} of all parameters are in this layer. Fewer units would make it smaller.")


def _small_receptive_field(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Find last feature maps whose receptive field is smaller than the width of a stroke."""
    maps = [row for row in rows if row.output_shape and len(row.output_shape) == 3 and row.receptive_field]
    if not any("Conv" in row.layer.kind for row in maps):
        return
    field = maps[-1].receptive_field
    assert field is not None
    height, width, _ = network.input_shape
    if min(field.size) * IMAGE_TO_STROKE < min(height, width):
        yield Advice(
            "short-sighted",
            maps[-1].index,
            N_(
                "Each value of the last feature maps sees only {seen} of {height}×{width} pixels, less than the width "
                "of a digit's stroke. More convolutions or a pooling layer would enlarge the receptive field."
            ),
            (("seen", "×".join(map(str, field.size))), ("height", height), ("width", width)),
        )


def _no_softmax(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Find an output without softmax: the loss expects probabilities."""
    output = output_row(rows)
    if _activation(output) != "softmax":
        yield Advice(
            "softmax",
            output.index,
            N_("The last layer has no softmax: its outputs are not probabilities, which the loss expects."),
        )


def _hidden_softmax(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Find softmax inside a network, where it suppresses most values and makes the gradients small."""
    output = output_row(rows)
    last = max((row.index for row in rows if _is_weighted_sum(row)), default=-1)
    for row in rows[: output.index]:
        if _activation(row) != "softmax":
            continue
        if row.index >= last and _activation(output) == "softmax":
            yield Advice(
                "hidden-softmax",
                row.index,
                N_("Applying softmax twice makes the probabilities nearly equal. Use linear here."),
            )
        else:
            yield Advice(
                "hidden-softmax",
                row.index,
                N_("Softmax belongs at the output; inside the network it suppresses most signals. Use relu here."),
            )


def _dropout_at_output(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Find dropout after the last layer with weights, or strong dropout just before it."""
    last = max((row.index for row in rows if _is_weighted_sum(row)), default=len(rows))
    for row in rows:
        if not isinstance(row.layer, Dropout | SpatialDropout2D) or row.layer.rate == 0:
            continue
        if row.index > last:
            yield Advice(
                "dropout-output",
                row.index,
                N_(
                    "This dropout randomly zeroes the predictions themselves. Move it before the last layer with "
                    "weights, or remove it."
                ),
            )
        elif row.index == last - 1 and row.layer.rate > MAX_DROPOUT_RATE:
            yield Advice(
                "dropout-output",
                row.index,
                N_("A dropout of {rate:.0%} just before the output removes too much. 50% or less is typical."),
                (("rate", row.layer.rate),),
            )


def _redundant_activation(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Find activations without effect: a second ReLU in a row, or linear."""
    for row in rows:
        if isinstance(row.layer, Activation) and row.layer.activation == "linear":
            yield Advice("idle", row.index, N_("A linear activation changes nothing. Choose another, or remove it."))
    for before, row in pairwise(rows):
        if isinstance(row.layer, Activation) and row.layer.activation == _activation(before) == "relu":
            yield Advice(
                "idle", row.index, N_("The previous layer has the same activation, so this one changes nothing.")
            )


def _squeezed_pixels(network: NetworkSpec, rows: tuple[Row, ...]) -> Iterator[Advice]:
    """Find a rescaling for pixels from 0 to 255 on pixels that are already 0 to 1."""
    black, white = pixel_range(network)
    contrast = abs(white - black)
    if contrast < MIN_CONTRAST:
        yield Advice(
            "squeezed",
            min(leading_rescalings(network), key=lambda index: abs(getattr(network.layers[index], "scale", 1.0))),
            N_(
                "In the Lab, pixels are already 0 to 1, not 0 to 255: this rescaling leaves a difference of only "
                "{contrast:.2g} between black and white, and the network learns slowly. Remove it."
            ),
            (("contrast", contrast),),
            quick_fix="remove",
        )


RULES: tuple[Callable[[NetworkSpec, tuple[Row, ...]], Iterator[Advice]], ...] = (
    _missing_nonlinearity,
    _one_heavy_layer,
    _small_receptive_field,
    _no_softmax,
    _hidden_softmax,
    _dropout_at_output,
    _redundant_activation,
    _squeezed_pixels,
)
