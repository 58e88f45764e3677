"""The changes that put a network right, where there is a clear one: an error's `mend` -> a label and a new network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnlab.errors import NetworkError
from cnnlab.marks import N_
from cnnlab.network.editing import alter, insert, remove
from cnnlab.network.kernels import Kernel, fits, fitting_size
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.shapes import summarize
from cnnlab.network.spec import NetworkSpec


@dataclass(frozen=True)
class Needs:
    """What a dataset asks of a network: its images' (height, width, channels), and one output for each class."""

    input_shape: tuple[int, int, int]
    classes: int


@dataclass(frozen=True)
class Mend:
    """A button's label (marked) and what pressing it does."""

    label: str
    change: Callable[[NetworkSpec, int, Needs], NetworkSpec]


def mend(network: NetworkSpec, error: NetworkError, needs: Needs) -> NetworkSpec | None:
    """The network with `error` put right, as far as its mend goes; None where there is no clear mend.

    Raises:
        NetworkError: the mend adds a layer, and there are already `MAX_LAYERS`.
    """
    if error.mend is None:
        return None
    return MENDS[error.mend].change(network, error.layer or 0, needs)


def _add_flatten(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    return insert(network, index, Flatten())


def _pad(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    return alter(network, index, padding="same")


def _remove(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    return remove(network, index)


def _undilate(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    return alter(network, index, dilation_rate=1)


def _equal_strides(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    return alter(network, index, strides=max(getattr(network.layers[index], "strides", (1, 1))))


def _fit_input(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    return network.replace(input_shape=needs.input_shape)


def _answer(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    return alter(network, len(network.layers) - 1, units=needs.classes, activation="softmax")


def _more_filters(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    return alter(network, index, filters=len(_kernels(network, index)))


def _kernel_size(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    kernel_size = getattr(network.layers[index], "kernel_size", (1, 1))
    return alter(network, index, kernel_size=fitting_size(_kernels(network, index), kernel_size) or kernel_size)


def _drop_kernels(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    kernel_size = getattr(network.layers[index], "kernel_size", (1, 1))
    return alter(network, index, kernels=tuple(one for one in _kernels(network, index) if fits(one, kernel_size)))


def _kernels(network: NetworkSpec, index: int) -> tuple[Kernel, ...]:
    layer = network.layers[index]
    return layer.kernels if isinstance(layer, Conv2D) else ()


def _add_head(network: NetworkSpec, index: int, needs: Needs) -> NetworkSpec:
    rows = summarize(network).rows
    shape = rows[-1].output_shape if rows else network.input_shape
    if shape is not None and len(shape) == 3:
        network = insert(network, len(network.layers), Flatten())
    return insert(network, len(network.layers), Dense(units=needs.classes, activation="softmax"))


MENDS: Mapping[str, Mend] = MappingProxyType(
    {
        "flatten": Mend(N_("Add Flatten before this layer"), _add_flatten),
        "same": Mend(N_("Use “same” padding"), _pad),
        "remove": Mend(N_("Remove this layer"), _remove),
        "undilate": Mend(N_("Set dilation_rate to 1"), _undilate),
        "equal-strides": Mend(N_("Make the strides equal"), _equal_strides),
        "input-shape": Mend(N_("Take the dataset's input shape"), _fit_input),
        "units": Mend(N_("Make the last layer one unit for each class, with softmax"), _answer),
        "more-filters": Mend(N_("Give it a filter for each kernel"), _more_filters),
        "kernel-size": Mend(N_("Make kernel_size fit the kernels"), _kernel_size),
        "drop-kernels": Mend(N_("Take out the kernels that do not fit"), _drop_kernels),
        "head": Mend(N_("Add an output layer with softmax"), _add_head),
    }
)
"""`NetworkError.mend` -> what mends it."""
