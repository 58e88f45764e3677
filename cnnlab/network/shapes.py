"""What each layer of a network does to the data and what it costs, by plain arithmetic.

`summarize` never fails: where a layer cannot take its input, its row carries the error and the rows above keep their
shapes. `check` is the gate before training. Nothing here needs TensorFlow; tests hold it against Keras.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from cnnlab.errors import NetworkError
from cnnlab.marks import N_
from cnnlab.network.arithmetic import NOTHING, Padding, ReceptiveField, Shape, Sum
from cnnlab.network.layers import Dense, Layer, ZeroPadding2D
from cnnlab.network.spec import NetworkSpec


@dataclass(frozen=True)
class Row:
    """One layer in a network.

    Attributes:
        index: 0 for the first layer.
        name: the name that Keras gives it, such as "conv2d_1".
        input_shape: without the batch; None below a layer that does not fit.
        output_shape: likewise; None where this layer does not fit either.
        size_texts: the arithmetic of height and width, for layers with a window; empty otherwise.
        error: why this layer cannot take its input.
    """

    index: int
    name: str
    layer: Layer
    input_shape: Shape | None
    output_shape: Shape | None = None
    trainable: Sum = NOTHING
    non_trainable: Sum = NOTHING
    multiply_adds: Sum = NOTHING
    receptive_field: ReceptiveField | None = None
    size_texts: tuple[str, ...] = ()
    error: NetworkError | None = None

    @property
    def parameters(self) -> int:
        return self.trainable.value + self.non_trainable.value


@dataclass(frozen=True)
class Summary:
    """All rows of a network, with their totals."""

    rows: tuple[Row, ...]

    @property
    def error(self) -> NetworkError | None:
        """The first row's error, if any."""
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
    """Walk the network from input to output."""
    rows: list[Row] = []
    shape: Shape | None = network.input_shape
    field = ReceptiveField()
    for index, (layer, name) in enumerate(zip(network.layers, keras_names(network), strict=True)):
        row = Row(index, name, layer, shape)
        if shape is not None:
            try:
                row = _row(row, shape, field, network.input_shape)
            except NetworkError as error:
                row = Row(index, name, layer, shape, error=error.at(index).of_kind(layer.kind))
        shape, field = row.output_shape, row.receptive_field or field
        rows.append(row)
    return Summary(tuple(rows))


def _row(row: Row, shape: Shape, field: ReceptiveField, input_shape: tuple[int, int, int]) -> Row:
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
        field = field.framed(layer.padding)
    return Row(
        row.index,
        row.name,
        layer,
        shape,
        output,
        layer.trainable_weights(shape),
        layer.non_trainable_weights(shape),
        layer.multiply_adds(shape),
        field,
        texts,
    )


def keras_names(network: NetworkSpec) -> list[str]:
    """The names that Keras gives the layers in a fresh session: conv2d, conv2d_1, max_pooling2d, ..."""
    seen: Counter[str] = Counter()
    names = []
    for layer in network.layers:
        # A capital after a digit begins no word: conv2d, max_pooling2d.
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", layer.kind).lower()
        names.append(f"{name}_{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names


def check(network: NetworkSpec, input_shape: tuple[int, int, int], classes: int, max_parameters: int) -> Summary:
    """Make sure that the network can be built and trained on images of `input_shape` with `classes` classes.

    Raises:
        NetworkError: it cannot; the error says at which layer, what was expected and the remedy.
    """
    summary = summarize(network)
    if summary.error:
        raise summary.error
    if network.input_shape != input_shape:
        raise NetworkError(
            N_("The network takes images of {network}, but those of the dataset are {dataset}."),
            N_("Change the network's input shape, or choose another dataset."),
            network=written(network.input_shape),
            dataset=written(input_shape),
        ).at(None, field="input_shape", mend="input-shape")
    if not summary.rows:
        raise NetworkError(N_("The network has no layers."), N_("Add at least Flatten and Dense.")).at(
            None, mend="head"
        )
    last = summary.rows[-1]
    if last.output_shape != (classes,):
        raise (
            NetworkError(
                N_("The last layer puts out {received}; expected a vector of {classes} numbers, one for each class."),
                N_("End the network with Flatten and a Dense layer of {classes} units with softmax."),
                received=written(last.output_shape or ()),
                classes=classes,
            )
            .at(last.index, mend="units" if isinstance(last.layer, Dense) else "head")
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


def written(shape: Shape) -> str:
    """A shape for people: "28×28×1"."""
    return "×".join(map(str, shape))


def table(network: NetworkSpec) -> list[tuple[str, str, int]]:
    """The rows of Keras's `model.summary()`: "conv2d (Conv2D)", "(None, 28, 28, 8)", parameters."""
    return [
        (f"{row.name} ({row.layer.kind})", str((None, *row.output_shape)) if row.output_shape else "?", row.parameters)
        for row in summarize(network).rows
    ]
