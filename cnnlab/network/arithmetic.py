"""The arithmetic of layers, kept together with the way it is written out.

A `Sum` is a number that remembers the products it came from, so that the interface can show
"3·3·1·32 + 32 = 320" beside the value. Sliding windows (convolution and pooling) share the size rules at the end.
Nothing here knows about layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Padding = Literal["valid", "same"]
Shape = tuple[int, ...]
"""A layer's output without the batch: (height, width, channels) for a picture, (units,) for a vector."""


@dataclass(frozen=True)
class Sum:
    """A sum of products, such as `Sum((3, 3, 1, 32), (32,))` for 3·3·1·32 + 32."""

    terms: tuple[tuple[int, ...], ...]

    def __init__(self, *terms: tuple[int, ...]) -> None:
        object.__setattr__(self, "terms", terms)

    @property
    def value(self) -> int:
        return sum(math.prod(term) for term in self.terms)

    @property
    def text(self) -> str:
        """The sum written out with its value; "0" for nothing, "10" where there is nothing to work out."""
        if not self.terms:
            return "0"
        written = " + ".join("·".join(map(str, term)) for term in self.terms)
        return written if written == str(self.value) else f"{written} = {self.value:,}"


NOTHING = Sum()


@dataclass(frozen=True)
class Window:
    """A window that slides over a picture: (height, width) each, in pixels of the layer's input."""

    size: tuple[int, int]
    strides: tuple[int, int]
    dilation: tuple[int, int] = (1, 1)

    def reach(self, axis: int) -> int:
        """How many input pixels the window spans along `axis`, gaps of the dilation included."""
        return (self.size[axis] - 1) * self.dilation[axis] + 1

    def output(self, length: int, axis: int, padding: Padding) -> int:
        """How many positions the window has along an input `length` pixels long; less than 1: it does not fit."""
        if padding == "same":
            return -(-length // self.strides[axis])
        return (length - self.reach(axis)) // self.strides[axis] + 1

    def total_padding(self, length: int, axis: int, padding: Padding) -> int:
        """Zeros added along `axis`, both ends together (Keras puts the odd one at the end)."""
        if padding == "valid":
            return 0
        covered = (self.output(length, axis, padding) - 1) * self.strides[axis] + self.reach(axis)
        return max(covered - length, 0)

    def output_text(self, length: int, axis: int, padding: Padding) -> str:
        """The size rule with its numbers, as in "(28 - 3 + 2·0) / 1 + 1 = 26".

        A quotient that is not whole is rounded down, and the text says so with ⌊ ⌋. An odd number of zeros cannot be
        written as 2·p, so it stands as it is.
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
    """The part of the network's input that one value of a layer depends on.

    Attributes:
        size: (height, width) in input pixels, not cut off at the picture's border.
        jump: how far apart, in input pixels, two neighbouring values of the layer look.
        start: (row, column) of the first value's upper left pixel; negative where zeros were added.
    """

    size: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)
    start: tuple[int, int] = (0, 0)

    def through(self, window: Window, zeros: tuple[int, int] = (0, 0)) -> ReceptiveField:
        """The receptive field after one more window, with so many zeros above and left of its input.

        (Araujo, Norris and Sim, “Computing receptive fields”, Distill 2019.)
        """
        height, width = (self.size[a] + (window.reach(a) - 1) * self.jump[a] for a in (0, 1))
        down, right = (self.jump[a] * window.strides[a] for a in (0, 1))
        return ReceptiveField((height, width), (down, right), self._moved(zeros))

    def framed(self, zeros: tuple[int, int]) -> ReceptiveField:
        """The same after a frame of zeros."""
        return ReceptiveField(self.size, self.jump, self._moved(zeros))

    def _moved(self, zeros: tuple[int, int]) -> tuple[int, int]:
        return self.start[0] - zeros[0] * self.jump[0], self.start[1] - zeros[1] * self.jump[1]
