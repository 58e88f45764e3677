"""Compute the output shape, size and cost of every layer of a network, without TensorFlow.

`summarize` never fails: the row of a layer that does not fit its input carries the error, and the rows above keep their
shapes. `check` must pass before training. Tests compare the results with Keras.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network.arithmetic import ZERO, Padding, ReceptiveField, Shape, Sum
from cnnlab.network.layers import Dense, Layer, ZeroPadding2D
from cnnlab.network.spec import NetworkSpec


@dataclass(frozen=True)
class Row:
    """One layer of a network.

    Attributes:
        index: 0 for the first layer.
        name: Keras's name for it, such as "conv2d_1".
        input_shape: shape without the batch axis; None below a layer that does not fit.
        output_shape: shape without the batch axis; None if this layer does not fit.
        size_texts: arithmetic of the output height and width for layers with a window; otherwise empty.
        error: why this layer does not fit its input.
    """

    index: int
    name: str
    layer: Layer
    input_shape: Shape | None
    output_shape: Shape | None = None
    trainable: Sum = ZERO
    non_trainable: Sum = ZERO
    multiply_adds: Sum = ZERO
    receptive_field: ReceptiveField | None = None
    size_texts: tuple[str, ...] = ()
    error: NetworkError | None = None

    @property
    def parameters(self) -> int:
        return self.trainable.value + self.non_trainable.value


@dataclass(frozen=True)
class Summary:
    """The rows of a network and their totals."""

    rows: tuple[Row, ...]

    @property
    def error(self) -> NetworkError | None:
        """Return the first error, or None."""
        return next((row.error for row in self.rows if row.error), None)

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        return sum(row.trainable.value for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        return sum(row.multiply_adds.value for row in self.rows)


def summarize(network: NetworkSpec) -> Summary:
    """Return a row for every layer, from input to output."""
    rows: list[Row] = []
    shape: Shape | None = network.input_shape
    field, frozen = ReceptiveField(), network.frozen
    for index, (layer, name) in enumerate(zip(network.layers, keras_names(network), strict=True)):
        row = Row(index, name, layer, shape)
        if shape is not None:
            try:
                row = _row(row, shape, field, network.input_shape, index in frozen)
            except NetworkError as error:
                row = Row(index, name, layer, shape, error=error.at(index).of_kind(layer.kind))
        shape, field = row.output_shape, row.receptive_field or field
        rows.append(row)
    return Summary(tuple(rows))


def _row(row: Row, shape: Shape, field: ReceptiveField, input_shape: tuple[int, int, int], frozen: bool) -> Row:
    layer, output = row.layer, row.layer.output_shape(shape)
    window = layer.window(shape)
    texts: tuple[str, ...] = ()
    zeros = (0, 0)
    if window and len(output) == 3:
        padding: Padding = getattr(layer, "padding", "valid")
        texts = tuple(window.output_text(shape[axis], axis, padding) for axis in (0, 1))
        above, left = (window.total_padding(shape[axis], axis, padding) // 2 for axis in (0, 1))
        zeros = (above, left)
    if isinstance(layer, Dense):
        field = ReceptiveField(input_shape[:2])
    elif window:
        field = field.through(window, zeros)
    elif isinstance(layer, ZeroPadding2D):
        field = field.padded(layer.padding)
    return Row(
        row.index,
        row.name,
        layer,
        shape,
        output,
        ZERO if frozen else layer.trainable_weights(shape),
        layer.weights(shape) if frozen else layer.non_trainable_weights(shape),
        layer.multiply_adds(shape),
        field,
        texts,
    )


def keras_name(kind: str) -> str:
    """Return the name that Keras derives from a class: "max_pooling2d" for MaxPooling2D."""
    # A capital after a digit does not start a word.
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()


def keras_names(network: NetworkSpec) -> list[str]:
    """Return Keras's names of the layers in a fresh session: conv2d, conv2d_1, max_pooling2d, ..."""
    seen: Counter[str] = Counter()
    names = []
    for layer in network.layers:
        name = keras_name(layer.kind)
        names.append(f"{name}_{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names


def check(
    network: NetworkSpec,
    input_shape: tuple[int, int, int],
    classes: int,
    max_parameters: int,
    summary: Summary | None = None,
) -> Summary:
    """Check that the network can be built and trained on images of `input_shape` with `classes` classes.

    Args:
        summary: of the network, where it is known already.

    Returns:
        The summary, so that callers need not compute it again.

    Raises:
        NetworkError: it cannot; the error names the layer, what was expected and the remedy.
    """
    summary = summary or summarize(network)
    if summary.error:
        raise summary.error
    if network.input_shape != input_shape:
        raise NetworkError(
            N_("The network expects images of {network}, but the dataset's images are {dataset}."),
            N_("Change the network's input shape, or choose another dataset."),
            network=format_shape(network.input_shape),
            dataset=format_shape(input_shape),
        ).at(None, field="input_shape", quick_fix="input-shape")
    if not summary.rows:
        raise NetworkError(N_("The network has no layers."), N_("Add at least Flatten and Dense.")).at(
            None, quick_fix="head"
        )
    last = summary.rows[-1]
    if last.output_shape != (classes,):
        raise (
            NetworkError(
                N_("The last layer outputs {received}; expected a vector of {classes} values, one per class."),
                N_("End the network with Flatten and a Dense layer of {classes} units with softmax."),
                received=format_shape(last.output_shape or ()),
                classes=classes,
            )
            .at(last.index, quick_fix="units" if isinstance(last.layer, Dense) else "head")
            .of_kind(last.layer.kind)
        )
    if summary.parameters > max_parameters:
        largest = max(summary.rows, key=lambda row: row.parameters)
        raise (
            NetworkError(
                N_(
                    "The network has {parameters:,} parameters, {largest:,} of them in this layer; "
                    "at most {most:,} are allowed."
                ),
                N_(
                    "Use fewer units or filters, or a pooling layer before it; CNNLAB_MAX_PARAMETERS changes the limit."
                ),
                parameters=summary.parameters,
                largest=largest.parameters,
                most=max_parameters,
            )
            .at(largest.index)
            .of_kind(largest.layer.kind)
        )
    return summary


def weight_shapes(row: Row) -> list[Shape]:
    """Return the shapes of a layer's weights, in Keras's order."""
    terms = (*row.trainable.terms, *row.non_trainable.terms)
    if row.layer.kind.endswith("Normalization"):
        return [(size,) for count, size in terms for _ in range(count)]
    if row.layer.kind == "SeparableConv2D":
        depthwise, pointwise, *bias = terms
        return [depthwise, (1, 1, *pointwise), *bias]
    return list(terms)


def format_shape(shape: Shape) -> str:
    """Return a shape as text: "28×28×1"."""
    return "×".join(map(str, shape))
