"""The drawing on the canvas, with a history of its strokes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

MAX_STEPS = 100
"""Maximum number of drawings in the history."""


class Drawn(NamedTuple):
    """A drawing: the canvas's own objects, and its pixels, uint8 (height, width, 4); None if nothing is drawn."""

    strokes: list[dict[str, Any]]
    pixels: np.ndarray | None


NOTHING = Drawn([], None)


@dataclass
class Sketch:
    """The user's drawing.

    Attributes:
        steps: the drawing before and after each stroke and each clearing, also those that were undone.
        at: index of the current one.
        begun: whether anything has been drawn in this session.
        initial: the strokes that the canvas starts with; it forgets its drawing when the user leaves the page.
        edition: part of the canvas's key; a new one creates a new canvas.
        visit: the page visit that the canvas belongs to, see `Session.visit`.
    """

    steps: list[Drawn] = field(default_factory=lambda: [NOTHING])
    at: int = 0
    begun: bool = False
    initial: list[dict[str, Any]] = field(default_factory=list)
    edition: int = 0
    visit: int = 0

    @property
    def pixels(self) -> np.ndarray | None:
        """The current pixels, uint8 (height, width, 4); None if nothing is drawn."""
        step = self.steps[self.at]
        return step.pixels if step.strokes else None

    def visited(self, visit: int) -> None:
        """Create a new canvas on a new page visit, starting with the current drawing."""
        if visit != self.visit:
            self.visit = visit
            self.renew()

    def take(self, drawn: Drawn) -> None:
        """Record the drawing that the canvas sent: a new one, or one that the canvas itself has undone or redone."""
        known = [place for place, step in enumerate(self.steps) if step.strokes == drawn.strokes]
        if known:
            # The canvas sends the same one again in every rerun. An empty one can be there more than once.
            self.at = min(known, key=lambda place: abs(place - self.at))
        elif drawn.strokes == self.steps[self.at].strokes[: len(drawn.strokes)]:
            # Two strokes came at once, and the canvas has undone the second one.
            self.steps.insert(self.at, drawn)
        else:
            self.begun = True
            self._add(drawn)

    def restore(self, picture: str) -> None:
        """Let the canvas start with the picture of a drawing (a data URL). The canvas sends it back as a drawing."""
        self.begun = True
        self.initial = [{"type": "Image", "src": picture, "left": 0, "top": 0, "originX": "left", "originY": "top"}]

    def undo(self) -> None:
        """Go one step back, if there is one."""
        self._go(self.at - 1)

    def redo(self) -> None:
        """Go one step forward again, if one was undone."""
        self._go(self.at + 1)

    def clear(self) -> None:
        """Remove all strokes, which can be undone."""
        if self.pixels is not None:
            self._add(NOTHING)
            self.renew()

    def renew(self) -> None:
        """Create a new canvas that starts with the current drawing."""
        self.initial = self.steps[self.at].strokes
        self.edition += 1

    def _add(self, drawn: Drawn) -> None:
        self.steps = [*self.steps[: self.at + 1], drawn][-MAX_STEPS:]
        self.at = len(self.steps) - 1

    def _go(self, step: int) -> None:
        if 0 <= step < len(self.steps):
            self.at = step
            self.renew()
