"""Hand-designed kernels that a layer begins with: what may be one, which sizes fit, and where they go in its weights.

A kernel is kept as its numbers, not by a name, so that one of a person's own can be taken too. Putting kernels into a
network is in `transplant`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from cnnlab.errors import NetworkError
from cnnlab.marks import N_

MAX_SIDE = 64
"""Of a kernel and of `kernel_size`, in pixels."""

MAX_NUMBER = 1000.0
"""The largest size of one number in a kernel."""

MAX_NUMBERS = 512
"""In all the kernels of a network: every network has to fit into a link."""


def _single(value: float) -> float:
    # As precise as Keras keeps weights, and no longer than that takes to write; -0.0 is 0.0.
    return float(str(np.float32(value))) + 0.0


def _written(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _rectangular(kernel: Kernel) -> Kernel:
    if len({len(row) for row in kernel}) != 1:
        raise PydanticCustomError("ragged", "rows of different lengths")
    return kernel


def _each_once(kernels: Kernels) -> Kernels:
    if len(set(kernels)) != len(kernels):
        raise PydanticCustomError("repeated", "the same kernel twice")
    return kernels


Number = Annotated[
    float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER), AfterValidator(_single), PlainSerializer(_written, int | float)
]
Row = Annotated[tuple[Number, ...], Field(min_length=1, max_length=MAX_SIDE)]
Kernel = Annotated[tuple[Row, ...], Field(min_length=1, max_length=MAX_SIDE), AfterValidator(_rectangular)]
"""A matrix by rows, correlated with the picture as it is."""
Kernels = Annotated[tuple[Kernel, ...], Field(max_length=MAX_NUMBERS), AfterValidator(_each_once)]


def size(kernel: Kernel) -> tuple[int, int]:
    """Its (height, width)."""
    return len(kernel), len(kernel[0])


def numbers(kernels: Iterable[Kernel]) -> int:
    """How many numbers they hold together."""
    return sum(height * width for height, width in map(size, kernels))


def fits(kernel: Kernel, kernel_size: tuple[int, int]) -> bool:
    """Whether it can be put in the middle of `kernel_size`: not larger, and as much room on every side as opposite."""
    return all(side <= room and (room - side) % 2 == 0 for side, room in zip(size(kernel), kernel_size, strict=True))


def fitting_size(kernels: Sequence[Kernel], kernel_size: tuple[int, int]) -> tuple[int, int] | None:
    """The kernel_size nearest to `kernel_size` that all the kernels fit; None where odd and even sizes are mixed."""
    found = []
    for axis in (0, 1):
        sides = [size(kernel)[axis] for kernel in kernels]
        if len({side % 2 for side in sides}) != 1:
            return None
        rooms = range(max(sides), MAX_SIDE + 1, 2)
        found.append(min((abs(room - kernel_size[axis]), room) for room in rooms)[1])
    return found[0], found[1]


def check_kernels(kernels: Sequence[Kernel], filters: int, kernel_size: tuple[int, int]) -> None:
    """Make sure that the first of `filters` filters of `kernel_size` can begin with `kernels`.

    Raises:
        NetworkError: there are too many, or one does not fit.
    """
    if len(kernels) > filters:
        raise NetworkError(
            N_("It begins with {count} hand-designed kernels; expected at most one for each of its {filters} filters."),
            N_("Give it more filters, or take kernels out."),
            count=len(kernels),
            filters=filters,
        ).at(None, field="kernels", mend="more-filters")
    for kernel in kernels:
        if not fits(kernel, kernel_size):
            raise NetworkError(
                N_(
                    "A kernel of {kernel} cannot be put in the middle of a kernel_size of {size}; expected one that "
                    "is not larger and leaves the same room on both sides."
                ),
                N_("Choose another kernel_size, or take the kernel out."),
                kernel=f"{len(kernel)}×{len(kernel[0])}",
                size=f"{kernel_size[0]}×{kernel_size[1]}",
            ).at(None, field="kernels", mend="kernel-size" if fitting_size(kernels, kernel_size) else "drop-kernels")


def begun(weights: Sequence[np.ndarray], kernels: Sequence[Kernel]) -> list[np.ndarray]:
    """The weights of a convolution whose first filters begin with `kernels`; those of the others stay.

    Args:
        weights: (height, width, channels, filters), and where it has a bias (filters,).

    A kernel stands in the middle of zeros, in every channel and divided by their number, so that a grey picture in
    three channels gives the same map as in one. The bias of these filters is 0.
    """
    first, *rest = (array.copy() for array in weights)
    for index, kernel in enumerate(map(np.array, kernels)):
        frame = [((room - side) // 2,) * 2 for room, side in zip(first.shape, kernel.shape, strict=False)]
        first[..., index] = np.pad(kernel, frame)[..., None] / first.shape[2]
    for bias in rest:
        bias[: len(kernels)] = 0
    return [first, *rest]
