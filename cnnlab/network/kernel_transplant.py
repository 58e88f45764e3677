"""Add hand-designed kernels to the Conv2D layers of a network; every change returns a new network.

`initial_kernels` says which kernels fit a layer; `build` and `export.keras_script` set them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network import editing
from cnnlab.network.initial_kernels import MAX_KERNEL_SIZE, MAX_WEIGHT, Kernel, check_kernels, fits, fitting_size
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.network.layers import Conv2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import keras_names


def as_kernel(values: np.ndarray) -> Kernel:
    """Return a matrix (height, width) as a layer stores it, trimmed of zeros at its edges.

    Raises:
        NetworkError: the matrix is too large, or a value is NaN or out of range.
    """
    values = np.asarray(values, dtype=float)
    # NaN also fails this comparison.
    if (
        values.ndim != 2
        or not 1 <= min(values.shape) <= max(values.shape) <= MAX_KERNEL_SIZE
        or not (np.abs(values) <= MAX_WEIGHT).all()
    ):
        raise NetworkError(
            N_("A kernel must be a matrix of at most {side}×{side} values, each from -{most:g} to {most:g}."),
            N_("Correct the kernel first."),
            side=MAX_KERNEL_SIZE,
            most=MAX_WEIGHT,
        )
    return trim(Conv2D(kernels=(tuple(map(tuple, values.tolist())),), filters=1).kernels[0])


def trim(kernel: Kernel) -> Kernel:
    """Remove rows and columns of zeros in pairs from opposite edges, so that the center does not move."""
    while len(kernel) > 2 and not any(kernel[0] + kernel[-1]):
        kernel = kernel[1:-1]
    while len(kernel[0]) > 2 and not any(row[end] for row in kernel for end in (0, -1)):
        kernel = tuple(row[1:-1] for row in kernel)
    return kernel


PRESETS: Mapping[Kernel, str] = MappingProxyType({as_kernel(kernel.array): kernel.title for kernel in KERNELS.values()})
"""The preset kernels as a layer stores them -> their titles (marked)."""


def preset_titles(kernels: Sequence[Kernel]) -> list[str | None]:
    """Return the marked title of each preset kernel; None for custom kernels and repetitions."""
    found: list[str | None] = []
    for kernel in kernels:
        title = PRESETS.get(trim(kernel))
        found.append(None if title in found else title)
    return found


def kernel_options(layer: Conv2D) -> tuple[Kernel, ...]:
    """Return the kernels to offer for a layer: the presets that fit its kernel_size, and those that it has."""
    held = {trim(kernel): kernel for kernel in reversed(layer.kernels)}
    presets = [held.get(kernel, kernel) for kernel in PRESETS if kernel in held or fits(kernel, layer.kernel_size)]
    return (*presets, *(kernel for kernel in layer.kernels if kernel not in presets))


def convolutions(network: NetworkSpec) -> dict[int, str]:
    """Return the Conv2D layers: index -> Keras's name."""
    names = keras_names(network)
    return {index: names[index] for index, layer in enumerate(network.layers) if isinstance(layer, Conv2D)}


def has_kernel(network: NetworkSpec, index: int, kernel: Kernel) -> bool:
    """Return whether a filter of the layer at `index` already starts with `kernel`."""
    return trim(kernel) in map(trim, _convolution(network, index).kernels)


def add_kernel(network: NetworkSpec, index: int, kernel: Kernel, resize: bool = False) -> NetworkSpec:
    """Add `kernel` as the start of the next filter of the Conv2D layer at `index`.

    Args:
        resize: add a filter and change kernel_size where the kernel needs it.

    Raises:
        NetworkError: the layer is not a Conv2D or already has this kernel; the kernel does not fit (`quick_fix` is
            "more-filters" or "kernel-size" if `resize` would help); or the network would have too many kernel weights.
    """
    layer = _convolution(network, index)
    if has_kernel(network, index, kernel):
        raise _at(NetworkError(N_("The layer already has this kernel.")), index)
    kernels, filters, kernel_size = (*layer.kernels, kernel), layer.filters, layer.kernel_size
    if resize:
        filters = max(filters, len(kernels))
        if not all(fits(one, kernel_size) for one in kernels):
            kernel_size = fitting_size(kernels, kernel_size) or kernel_size
    try:
        check_kernels(kernels, filters, kernel_size)
    except NetworkError as error:
        raise _at(error, index) from None
    return editing.update_layer(network, index, kernels=kernels, filters=filters, kernel_size=kernel_size)


def remove_kernels(network: NetworkSpec, index: int) -> NetworkSpec:
    """Make the Conv2D layer at `index` start from random filters again, trainable."""
    _convolution(network, index)
    return editing.update_layer(network, index, kernels=(), trainable=True)


def freeze(network: NetworkSpec, index: int, frozen: bool) -> NetworkSpec:
    """Freeze the whole Conv2D layer at `index`, or make it trainable."""
    _convolution(network, index)
    return editing.update_layer(network, index, trainable=not frozen)


def _convolution(network: NetworkSpec, index: int) -> Conv2D:
    layer = network.layers[index]
    if not isinstance(layer, Conv2D):
        raise NetworkError(
            N_("Only Conv2D layers can have hand-designed kernels; received {kind}."),
            N_("Choose a Conv2D layer."),
            kind=layer.kind,
        ).at(index).of_kind(layer.kind)  # fmt: skip
    return layer


def _at(error: NetworkError, index: int) -> NetworkError:
    return error.at(index).of_kind("Conv2D")
