"""Putting hand-designed kernels into the Conv2D layers of a network: each change gives a new network.

What a layer may begin with is in `kernels`; how such a layer is built is in `build` and `code`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from cnnlab.errors import NetworkError
from cnnlab.marks import N_
from cnnlab.network import editing
from cnnlab.network.kernels import MAX_NUMBER, MAX_SIDE, Kernel, check_kernels, fits, fitting_size
from cnnlab.network.layers import Conv2D
from cnnlab.network.shapes import keras_names
from cnnlab.network.spec import NetworkSpec
from cnnlab.vision.kernels import KERNELS


def as_kernel(values: np.ndarray) -> Kernel:
    """A matrix (height, width) as a layer keeps it, without the frame of zeros that changes nothing.

    Raises:
        NetworkError: it is too large, a number is missing, or larger than any sensible weight.
    """
    values = np.asarray(values, dtype=float)
    # What is not a number is not within the limit either.
    if (
        values.ndim != 2
        or not 1 <= min(values.shape) <= max(values.shape) <= MAX_SIDE
        or not (np.abs(values) <= MAX_NUMBER).all()
    ):
        raise NetworkError(
            N_("A kernel is a matrix of at most {side}×{side} numbers, each from -{most:g} to {most:g}."),
            N_("Correct the kernel first."),
            side=MAX_SIDE,
            most=MAX_NUMBER,
        )
    return trimmed(Conv2D(kernels=(tuple(map(tuple, values.tolist())),), filters=1).kernels[0])


def trimmed(kernel: Kernel) -> Kernel:
    """Without rows and columns of zeros that stand opposite each other at its edges, so that its middle stays."""
    while len(kernel) > 2 and not any(kernel[0] + kernel[-1]):
        kernel = kernel[1:-1]
    while len(kernel[0]) > 2 and not any(row[end] for row in kernel for end in (0, -1)):
        kernel = tuple(row[1:-1] for row in kernel)
    return kernel


PRESETS: Mapping[Kernel, str] = MappingProxyType({as_kernel(kernel.array): kernel.title for kernel in KERNELS.values()})
"""The Lab's hand-designed kernels as a layer keeps them -> their titles (marked)."""


def titles(kernels: Sequence[Kernel]) -> list[str | None]:
    """The marked title of each kernel that is one of the Lab's own, once; None for every other."""
    found: list[str | None] = []
    for kernel in kernels:
        title = PRESETS.get(trimmed(kernel))
        found.append(None if title in found else title)
    return found


def offered(layer: Conv2D) -> tuple[Kernel, ...]:
    """What the layer could begin with: the presets that fit its kernel_size, and whatever it has already."""
    held = {trimmed(kernel): kernel for kernel in reversed(layer.kernels)}
    presets = [held.get(kernel, kernel) for kernel in PRESETS if kernel in held or fits(kernel, layer.kernel_size)]
    return (*presets, *(kernel for kernel in layer.kernels if kernel not in presets))


def places(network: NetworkSpec) -> dict[int, str]:
    """The layers that kernels can be put into, by index, with the names that Keras gives them."""
    names = keras_names(network)
    return {index: names[index] for index, layer in enumerate(network.layers) if isinstance(layer, Conv2D)}


def holds(network: NetworkSpec, index: int, kernel: Kernel) -> bool:
    """Whether a filter of the layer at `index` begins with `kernel` already."""
    return trimmed(kernel) in map(trimmed, _convolution(network, index).kernels)


def transplant(network: NetworkSpec, index: int, kernel: Kernel, making_room: bool = False) -> NetworkSpec:
    """With `kernel` as what the next filter of the Conv2D layer at `index` begins with.

    Args:
        making_room: give the layer another filter and another kernel_size, where the kernel needs them.

    Raises:
        NetworkError: the layer is no Conv2D, begins with this kernel already, or has no room for it: then `mend` is
            "more-filters" or "kernel-size" where making room would help. Or the network holds too many numbers.
    """
    layer = _convolution(network, index)
    if holds(network, index, kernel):
        raise _at(NetworkError(N_("The layer begins with this kernel already.")), index)
    kernels, filters, kernel_size = (*layer.kernels, kernel), layer.filters, layer.kernel_size
    if making_room:
        filters = max(filters, len(kernels))
        if not all(fits(one, kernel_size) for one in kernels):
            kernel_size = fitting_size(kernels, kernel_size) or kernel_size
    try:
        check_kernels(kernels, filters, kernel_size)
    except NetworkError as error:
        raise _at(error, index) from None
    return editing.alter(network, index, kernels=kernels, filters=filters, kernel_size=kernel_size)


def take_out(network: NetworkSpec, index: int) -> NetworkSpec:
    """With the Conv2D layer at `index` as before any transplant: every filter random, and free to learn."""
    _convolution(network, index)
    return editing.alter(network, index, kernels=(), trainable=True)


def freeze(network: NetworkSpec, index: int, frozen: bool) -> NetworkSpec:
    """With the whole Conv2D layer at `index` kept as it begins (`frozen`), or free to learn."""
    _convolution(network, index)
    return editing.alter(network, index, trainable=not frozen)


def _convolution(network: NetworkSpec, index: int) -> Conv2D:
    layer = network.layers[index]
    if not isinstance(layer, Conv2D):
        raise NetworkError(
            N_("Hand-designed kernels go into a Conv2D layer only; received {kind}."),
            N_("Choose a Conv2D layer."),
            kind=layer.kind,
        ).at(index).of_kind(layer.kind)  # fmt: skip
    return layer


def _at(error: NetworkError, index: int) -> NetworkError:
    return error.at(index).of_kind("Conv2D")
