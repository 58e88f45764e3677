"""Hand-designed kernels that a layer starts with: valid values, fitting sizes and their position in the weights.

A kernel is stored as its values instead of by name, so that custom kernels work too. `kernel_transplant` adds kernels
to a network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_, nN_

MAX_KERNEL_SIZE = 64
"""Maximum side of a kernel and of `kernel_size`, in pixels."""

MAX_WEIGHT = 1000.0
"""Maximum absolute value of one weight in a kernel."""

MAX_WEIGHTS = 512
"""Maximum number of weights in all kernels of a network: every network must fit into a link."""


def _to_float32(value: float) -> float:
    # Round to float32 for short JSON; normalize -0.0 to 0.0.
    return float(str(np.float32(value))) + 0.0


def _whole_as_int(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _check_rectangular(kernel: Kernel) -> Kernel:
    if len({len(row) for row in kernel}) != 1:
        raise PydanticCustomError("ragged", "rows of different lengths")
    return kernel


def _check_unique(kernels: Kernels) -> Kernels:
    if len(set(kernels)) != len(kernels):
        raise PydanticCustomError("repeated", "the same kernel twice")
    return kernels


Weight = Annotated[
    float,
    Field(ge=-MAX_WEIGHT, le=MAX_WEIGHT),
    AfterValidator(_to_float32),
    PlainSerializer(_whole_as_int, int | float),
]
Row = Annotated[tuple[Weight, ...], Field(min_length=1, max_length=MAX_KERNEL_SIZE)]
Kernel = Annotated[tuple[Row, ...], Field(min_length=1, max_length=MAX_KERNEL_SIZE), AfterValidator(_check_rectangular)]
"""A matrix given by its rows; it is correlated with the image, not flipped."""
Kernels = Annotated[tuple[Kernel, ...], Field(max_length=MAX_WEIGHTS), AfterValidator(_check_unique)]


def kernel_shape(kernel: Kernel) -> tuple[int, int]:
    """Return (height, width)."""
    return len(kernel), len(kernel[0])


def count_weights(kernels: Iterable[Kernel]) -> int:
    """Return the total number of weights."""
    return sum(height * width for height, width in map(kernel_shape, kernels))


def fits(kernel: Kernel, kernel_size: tuple[int, int]) -> bool:
    """Return whether a kernel can be centered in `kernel_size`: not larger, with equal margins on opposite sides."""
    return all(
        side <= room and (room - side) % 2 == 0 for side, room in zip(kernel_shape(kernel), kernel_size, strict=True)
    )


def fitting_size(kernels: Sequence[Kernel], kernel_size: tuple[int, int]) -> tuple[int, int] | None:
    """Return the size nearest to `kernel_size` that fits all kernels; None if odd and even sizes are mixed."""
    found = []
    for axis in (0, 1):
        sides = [kernel_shape(kernel)[axis] for kernel in kernels]
        if len({side % 2 for side in sides}) != 1:
            return None
        rooms = range(max(sides), MAX_KERNEL_SIZE + 1, 2)
        found.append(min((abs(room - kernel_size[axis]), room) for room in rooms)[1])
    return found[0], found[1]


def check_kernels(kernels: Sequence[Kernel], filters: int, kernel_size: tuple[int, int]) -> None:
    """Check that the first of `filters` filters of size `kernel_size` can start with `kernels`.

    Raises:
        NetworkError: there are too many kernels, or one does not fit.
    """
    if len(kernels) > filters:
        raise NetworkError(
            nN_(
                "It starts with {count} hand-designed kernels for {filters} filter; expected at most one per filter.",
                "It starts with {count} hand-designed kernels for {filters} filters; expected at most one per filter.",
                filters,
            ),
            N_("Add filters, or remove kernels."),
            count=len(kernels),
            filters=filters,
        ).at(None, field="kernels", quick_fix="more-filters")
    for kernel in kernels:
        if not fits(kernel, kernel_size):
            raise NetworkError(
                N_(
                    "A {kernel} kernel cannot be centered in a kernel size of {size}; expected one that is not larger "
                    "and leaves equal margins on both sides."
                ),
                N_("Choose another kernel size, or remove the kernel."),
                kernel=f"{len(kernel)}×{len(kernel[0])}",
                size=f"{kernel_size[0]}×{kernel_size[1]}",
            ).at(
                None, field="kernels", quick_fix="kernel-size" if fitting_size(kernels, kernel_size) else "drop-kernels"
            )


def with_initial_kernels(weights: Sequence[np.ndarray], kernels: Sequence[Kernel]) -> list[np.ndarray]:
    """Return the weights of a convolution with its first filters set to `kernels`; the other filters are unchanged.

    Each kernel is centered among zeros and copied to every channel, divided by the number of channels: a gray image
    in three channels then gives the same map as in one. The bias of these filters becomes 0.

    Args:
        weights: arrays (height, width, channels, filters) and, if the layer has a bias, (filters,).
    """
    first, *rest = (array.copy() for array in weights)
    for index, kernel in enumerate(map(np.array, kernels)):
        frame = [((room - side) // 2,) * 2 for room, side in zip(first.shape, kernel.shape, strict=False)]
        first[..., index] = np.pad(kernel, frame)[..., None] / first.shape[2]
    for bias in rest:
        bias[: len(kernels)] = 0
    return [first, *rest]
