"""Quick fixes: changes of one click that resolve an error of a network, or follow advice, named by its `quick_fix`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network.editing import insert, remove, update_layer
from cnnlab.network.initial_kernels import Kernel, fits, fitting_size
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize


@dataclass(frozen=True)
class Requirements:
    """What a dataset requires of a network: the images' (height, width, channels), and one output per class."""

    input_shape: tuple[int, int, int]
    classes: int


@dataclass(frozen=True)
class QuickFix:
    """The label of a button (marked), and the change that it makes."""

    label: str
    change: Callable[[NetworkSpec, int, Requirements], NetworkSpec]


def apply_quick_fix(network: NetworkSpec, error: NetworkError, needs: Requirements) -> NetworkSpec | None:
    """Return the network with the quick fix of `error` applied; None if the error has none.

    Raises:
        NetworkError: the fix adds a layer, but there are already `MAX_LAYERS`.
    """
    if error.quick_fix is None:
        return None
    return QUICK_FIXES[error.quick_fix].change(network, error.layer or 0, needs)


def _add_flatten(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    return insert(network, index, Flatten())


def _pad(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    return update_layer(network, index, padding="same")


def _remove(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    return remove(network, index)


def _undilate(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    return update_layer(network, index, dilation_rate=1)


def _equal_strides(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    return update_layer(network, index, strides=max(getattr(network.layers[index], "strides", (1, 1))))


def _fit_input(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    return network.replace(input_shape=needs.input_shape)


def _set_output_units(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    return update_layer(network, len(network.layers) - 1, units=needs.classes, activation="softmax")


def _more_filters(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    return update_layer(network, index, filters=len(_kernels(network, index)))


def _kernel_size(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    kernel_size = getattr(network.layers[index], "kernel_size", (1, 1))
    return update_layer(network, index, kernel_size=fitting_size(_kernels(network, index), kernel_size) or kernel_size)


def _drop_kernels(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    kernel_size = getattr(network.layers[index], "kernel_size", (1, 1))
    return update_layer(
        network, index, kernels=tuple(one for one in _kernels(network, index) if fits(one, kernel_size))
    )


def _kernels(network: NetworkSpec, index: int) -> tuple[Kernel, ...]:
    layer = network.layers[index]
    return layer.kernels if isinstance(layer, Conv2D) else ()


def _from_scratch(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    return network.replace(start=None)


def _add_head(network: NetworkSpec, index: int, needs: Requirements) -> NetworkSpec:
    rows = summarize(network).rows
    shape = rows[-1].output_shape if rows else network.input_shape
    if shape is not None and len(shape) == 3:
        network = insert(network, len(network.layers), Flatten())
    return insert(network, len(network.layers), Dense(units=needs.classes, activation="softmax"))


QUICK_FIXES: Mapping[str, QuickFix] = MappingProxyType(
    {
        "flatten": QuickFix(N_("Add Flatten before this layer"), _add_flatten),
        "same": QuickFix(N_("Use “same” padding"), _pad),
        "remove": QuickFix(N_("Remove this layer"), _remove),
        "undilate": QuickFix(N_("Set the dilation to 1"), _undilate),
        "equal-strides": QuickFix(N_("Make the strides equal"), _equal_strides),
        "input-shape": QuickFix(N_("Use the dataset's input shape"), _fit_input),
        "units": QuickFix(N_("Set the last layer to one unit per class, with softmax"), _set_output_units),
        "more-filters": QuickFix(N_("Add filters, one per kernel"), _more_filters),
        "kernel-size": QuickFix(N_("Fit the kernel size to the kernels"), _kernel_size),
        "drop-kernels": QuickFix(N_("Remove the kernels that do not fit"), _drop_kernels),
        "from-scratch": QuickFix(N_("Train all layers from scratch"), _from_scratch),
        "head": QuickFix(N_("Add an output layer with softmax"), _add_head),
    }
)
"""`NetworkError.quick_fix` -> quick fix."""
