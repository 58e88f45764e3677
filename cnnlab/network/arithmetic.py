"""Arithmetic of layers that can also be written out.

A `Sum` remembers the products that it adds, so that the interface can show "3·3·1·32 + 32 = 320" next to the value.
Convolution and pooling share the size rules of `Window`. Nothing here knows about layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Padding = Literal["valid", "same"]
Shape = tuple[int, ...]
"""Shape of a layer's output without the batch axis: (height, width, channels) for an image, (units,) for a vector."""


@dataclass(frozen=True)
class Sum:
    """A sum of products: `Sum((3, 3, 1, 32), (32,))` is 3·3·1·32 + 32."""

    terms: tuple[tuple[int, ...], ...]

    def __init__(self, *terms: tuple[int, ...]) -> None:
        object.__setattr__(self, "terms", terms)

    @property
    def value(self) -> int:
        return sum(math.prod(term) for term in self.terms)

    @property
    def text(self) -> str:
        """Return the sum written out with its value; only the value where there is nothing to compute ("10")."""
        if not self.terms:
            return "0"
        written = " + ".join("·".join(map(str, term)) for term in self.terms)
        return written if written == str(self.value) else f"{written} = {self.value:,}"


ZERO = Sum()


@dataclass(frozen=True)
class Window:
    """A window that slides over an image; each field is (height, width) in pixels of the layer's input."""

    size: tuple[int, int]
    strides: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)

    def reach(self, axis: int) -> int:
        """Return the number of input pixels that the window spans along `axis`, including the gaps of the dilation."""
        return (self.size[axis] - 1) * self.dilation[axis] + 1

    def output(self, length: int, axis: int, padding: Padding) -> int:
        """Return the number of window positions along an input of `length` pixels; less than 1 if it does not fit."""
        if padding == "same":
            return -(-length // self.strides[axis])
        return (length - self.reach(axis)) // self.strides[axis] + 1

    def total_padding(self, length: int, axis: int, padding: Padding) -> int:
        """Return the number of zeros added along `axis`, both ends together (Keras puts an odd one at the end)."""
        if padding == "valid":
            return 0
        covered = (self.output(length, axis, padding) - 1) * self.strides[axis] + self.reach(axis)
        return max(covered - length, 0)

    def output_text(self, length: int, axis: int, padding: Padding) -> str:
        """Return the size rule with its values filled in, such as "(28 - 3 + 2·0) / 1 + 1 = 26".

        A fractional quotient is rounded down, shown by ⌊ ⌋. An odd number of zeros cannot be written as 2·p, so it is
        shown as a single number.
        """
        zeros = self.total_padding(length, axis, padding)
        added = f"2·{zeros // 2}" if zeros % 2 == 0 else str(zeros)
        dividend, stride = length - self.reach(axis) + zeros, self.strides[axis]
        quotient = f"({length} - {self.reach(axis)} + {added}) / {stride}"
        if dividend % stride:
            quotient = f"⌊{quotient}⌋"
        return f"{quotient} + 1 = {self.output(length, axis, padding)}"


@dataclass(frozen=True)
class ReceptiveField:
    """The region of the network's input that one value of a layer depends on.

    Attributes:
        size: (height, width) in input pixels, not clipped to the image.
        jump: distance in input pixels between the regions of two neighboring values.
        start: (row, column) of the upper left pixel of the first value's region; negative inside the padding.
    """

    size: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)
    start: tuple[int, int] = (0, 0)

    def through(self, window: Window, zeros: tuple[int, int] = (0, 0)) -> ReceptiveField:
        """Return the receptive field after another window whose input has `zeros` (above, left) of padding.

        Source: Araujo, Norris and Sim, “Computing receptive fields”, Distill 2019.
        """
        height, width = (self.size[a] + (window.reach(a) - 1) * self.jump[a] for a in (0, 1))
        down, right = (self.jump[a] * window.strides[a] for a in (0, 1))
        return ReceptiveField((height, width), (down, right), self._shifted_start(zeros))

    def padded(self, zeros: tuple[int, int]) -> ReceptiveField:
        """Return the receptive field after zero padding of `zeros` (above, left)."""
        return ReceptiveField(self.size, self.jump, self._shifted_start(zeros))

    def _shifted_start(self, zeros: tuple[int, int]) -> tuple[int, int]:
        return self.start[0] - zeros[0] * self.jump[0], self.start[1] - zeros[1] * self.jump[1]
