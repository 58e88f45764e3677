"""Transfer learning: start a network from a trained one, with a new output layer for new classes.

What each choice costs is arithmetic on the layers: parameters that training changes, and multiply-adds that are needed
once or in every epoch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network.layers import Conv2D, Dense, Flatten, Layer
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.start import Start, common_weights, weighted
from cnnlab.network.summary import Summary, format_shape, summarize

MAX_FEATURE_BYTES = 500_000_000
"""Features of frozen layers that are larger than this in total are computed again in every epoch."""
FLOAT_BYTES = 4


def most_taken(source: NetworkSpec, input_shape: tuple[int, int, int]) -> int:
    """Return how many layers of a trained network can be taken for images of `input_shape`: at most all but the last.

    The kernels of convolutions fit images of any size that is not too small, but not of another number of channels.
    """
    same = common_weights((source.input_shape, source.layers), (input_shape, source.layers))
    rows = summarize(NetworkSpec(input_shape=input_shape, layers=source.layers)).rows
    fitting = [index for index in weighted(source.layers) if rows[index].output_shape]
    return max(min(same, len(fitting), len(weighted(source.layers)) - 1), 0)


def start_from(
    source: NetworkSpec,
    run: str,
    moment: tuple[int, int],
    input_shape: tuple[int, int, int],
    classes: int,
    taken: int | None = None,
    frozen: int | None = None,
) -> NetworkSpec:
    """Return a network with the first layers of a trained one, and a new output layer with softmax.

    Args:
        source: the network of the run `run`.
        moment: its snapshot, (epoch, step).
        taken: how many layers with weights to take; by default as many as possible.
        frozen: how many of these to freeze; by default all.

    Raises:
        NetworkError: no layer fits the images, or `taken` or `frozen` is more than possible.
    """
    most = most_taken(source, input_shape)
    taken = most if taken is None else taken
    if not 1 <= taken <= most:
        raise does_not_fit(source, input_shape)
    epoch, step = moment
    layers = [_without_kernels(layer) for layer in first_layers(source, taken)]
    begun = NetworkSpec(name=_name(source), input_shape=input_shape, layers=tuple(layers))
    shape = summarize(begun).rows[-1].output_shape
    head = [*([Flatten()] if shape and len(shape) == 3 else []), Dense(units=classes, activation="softmax")]
    start = Start(run=run, epoch=epoch, step=step, taken=taken, frozen=taken if frozen is None else min(frozen, taken))
    return begun.replace(layers=(*layers, *head), start=start)


def first_layers(network: NetworkSpec, count: int) -> Sequence[Layer]:
    """Return the layers up to the `count`-th with weights, and those without weights right after it."""
    places = [*weighted(network.layers), len(network.layers)]
    return network.layers[: places[count]]


def freeze(network: NetworkSpec, frozen: int) -> NetworkSpec:
    """Freeze the first `frozen` of the layers that start with another network's weights; train the others."""
    assert network.start is not None, "only such layers can be frozen"
    return network.replace(start=network.start.model_copy(update={"frozen": min(frozen, network.start.taken)}))


def toggle(network: NetworkSpec, index: int) -> NetworkSpec:
    """Train the frozen layer at `index` and all after it; or freeze the layer and all before it."""
    place = network.taken.index(index)
    return freeze(network, place if index in network.frozen else place + 1)


def unchanging(network: NetworkSpec) -> int:
    """Return the number of first layers whose output for an image never changes during training.

    These are frozen, or have no weights; the first random layer, such as dropout, ends them. 0 if no layer is frozen.
    """
    frozen, layers = network.frozen, enumerate(network.layers)
    end = next((k for k, layer in layers if layer.random or (layer.has_weights and k not in frozen)), 0)
    return end if any(k < end for k in frozen) else 0


def feature_bytes(network: NetworkSpec, summary: Summary, images: int) -> int:
    """Return the size of what the unchanging layers compute for `images` images, float32; 0 without such layers."""
    count = unchanging(network)
    shape = summary.rows[count - 1].output_shape if count else None
    return FLOAT_BYTES * images * math.prod(shape) if shape else 0


def computed_once(network: NetworkSpec, summary: Summary, images: int, augmented: bool) -> int:
    """Return how many of the first layers training computes only once for each of `images` images; 0 for none.

    Augmentation changes the images in every epoch, and features of more than `MAX_FEATURE_BYTES` are not kept.
    """
    kept = 0 < feature_bytes(network, summary, images) <= MAX_FEATURE_BYTES
    return unchanging(network) if kept and not augmented else 0


@dataclass(frozen=True)
class Choice:
    """What it takes to freeze the first layers of a network.

    Attributes:
        frozen: how many layers with weights.
        last: index of the last frozen layer; None if all are trained.
        trainable, unchanged: parameters that training changes, and that it does not.
        once, every_epoch: multiply-adds for one image that are needed once, and in the forward pass of every epoch.
    """

    frozen: int
    last: int | None
    trainable: int
    unchanged: int
    once: int
    every_epoch: int


def choices(network: NetworkSpec, images: int, augmented: bool) -> list[Choice]:
    """Return what each number of frozen layers takes, from none to all that start with another network's weights."""
    found = []
    for frozen in range(len(network.taken) + 1):
        one = freeze(network, frozen)
        summary = summarize(one)
        kept = computed_once(one, summary, images, augmented)
        costs = [row.multiply_adds.value for row in summary.rows]
        last = one.frozen[-1] if one.frozen else None
        parameters = summary.trainable, summary.parameters - summary.trainable
        found.append(Choice(frozen, last, *parameters, sum(costs[:kept]), sum(costs[kept:])))
    return found


def _without_kernels(layer: Layer) -> Layer:
    """Return a layer as it starts with trained weights: without hand-designed kernels, and not frozen by itself."""
    return layer.model_copy(update={"kernels": (), "trainable": True}) if isinstance(layer, Conv2D) else layer


def _name(source: NetworkSpec) -> str:
    return f"{source.name or 'network'}"[:70] + "-new-head"


def does_not_fit(source: NetworkSpec, input_shape: tuple[int, int, int]) -> NetworkError:
    """Return the error for a network of which no layer can be taken."""
    return NetworkError(
        N_("No layer of this network fits: it was trained on images of {theirs}, but the dataset has {ours}."),
        N_("Choose a network that was trained on images with as many colors, or another dataset."),
        theirs=format_shape(source.input_shape),
        ours=format_shape(input_shape),
    )
