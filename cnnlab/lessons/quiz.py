"""Cases for the arithmetic of padding and stride: new ones at random, each with its answer written out."""

from __future__ import annotations

import random
from typing import NamedTuple

from cnnlab.network.arithmetic import Padding, Window


class Case(NamedTuple):
    """A square picture `length` pixels wide and a square kernel `kernel` pixels wide that moves by `stride`."""

    length: int
    kernel: int
    stride: int
    padding: Padding

    @property
    def _window(self) -> Window:
        return Window((self.kernel, self.kernel), (self.stride, self.stride))

    @property
    def answer(self) -> int:
        """How many pixels wide the result is."""
        return self._window.output(self.length, 0, self.padding)

    @property
    def written(self) -> str:
        """How it is worked out, such as "(28 - 3 + 2·0) / 1 + 1 = 26"."""
        return self._window.output_text(self.length, 0, self.padding)


def new(chance: random.Random, before: Case | None = None) -> Case:
    """A case that can be done in one's head; another one than before."""
    while True:
        case = Case(
            chance.choice((8, 12, 14, 20, 28, 32)),
            chance.choice((3, 5, 7)),
            chance.choice((1, 1, 2, 2, 3)),
            chance.choice(("valid", "same")),
        )
        if case != before:
            return case
