"""Random exercises on the arithmetic of padding and stride, each with its worked solution."""

from __future__ import annotations

import random
from typing import NamedTuple

from cnnlab.network.arithmetic import Padding, Window


class Case(NamedTuple):
    """A square image `length` pixels wide and a square kernel `kernel` pixels wide that moves by `stride` pixels."""

    length: int
    kernel: int
    stride: int
    padding: Padding

    @property
    def _window(self) -> Window:
        return Window((self.kernel, self.kernel), (self.stride, self.stride))

    @property
    def answer(self) -> int:
        """The width of the result in pixels."""
        return self._window.output(self.length, 0, self.padding)

    @property
    def written(self) -> str:
        """The worked solution, such as "(28 - 3 + 2·0) / 1 + 1 = 26"."""
        return self._window.output_text(self.length, 0, self.padding)


def new(chance: random.Random, before: Case | None = None) -> Case:
    """Return an exercise that is simple enough for mental arithmetic and differs from the previous one."""
    while True:
        case = Case(
            chance.choice((8, 12, 14, 20, 28, 32)),
            chance.choice((3, 5, 7)),
            chance.choice((1, 1, 2, 2, 3)),
            chance.choice(("valid", "same")),
        )
        if case != before:
            return case
