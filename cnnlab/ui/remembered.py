"""What a Session remembers of single pages: plain objects that know nothing of Streamlit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from cnnlab.lessons.quiz import Case
from cnnlab.training.parts import PartName
from cnnlab.training.snapshots import Moment

MOST_STROKES = 100
"""So many can be undone."""


@dataclass
class Place:
    """The output pixel that is pointed at on the Filters page, counted through the rows.

    Attributes:
        index: 0 for the upper left; -1 while nobody has pointed anywhere.
        clicked: the moment of the click that was taken last.
    """

    index: int = -1
    shape: tuple[int, ...] = (1, 1)
    clicked: float = 0.0
    playing: bool = False

    def within(self, result: np.ndarray) -> tuple[int, int]:
        """The (row, column) in `result`: the strongest pixel at first; where its shape has changed, near the same."""
        shape = result.shape
        if self.index < 0:
            self.index, self.shape = int(np.abs(result).argmax()), shape
        if shape != self.shape:
            row, column = divmod(self.index, self.shape[1])
            self.index = min(row, shape[0] - 1) * shape[1] + min(column, shape[1] - 1)
            self.shape = shape
        row, column = divmod(self.index, shape[1])
        return row, column

    def point(self, row: int, column: int, moment: float) -> None:
        """Go where the reader clicked at `moment`."""
        self.index, self.clicked = row * self.shape[1] + column, moment

    def advance(self, by: int = 1) -> None:
        """Go on by so many pixels, from the end to the beginning."""
        self.index = (self.index + by) % (self.shape[0] * self.shape[1])


class Drawn(NamedTuple):
    """A drawing: the canvas's own objects, and uint8 (height, width, 4) as it sent them."""

    strokes: dict[str, Any]
    pixels: np.ndarray


@dataclass
class Sketch:
    """What the reader has drawn.

    Attributes:
        past: the drawing after each stroke, the present one last.
        begun: what the canvas began with: a canvas forgets its drawing when its page is left.
        edition: names the canvas; another one begins anew.
    """

    past: list[Drawn] = field(default_factory=list)
    begun: dict[str, Any] | None = None
    edition: int = 0

    @property
    def pixels(self) -> np.ndarray | None:
        """uint8 (height, width, 4); None where nothing is drawn."""
        return self.past[-1].pixels if self.past and self.past[-1].strokes.get("objects") else None

    def take(self, drawn: Drawn) -> None:
        """Take in what the canvas sent; it sends the same again at every rerun."""
        if not self.past or drawn.strokes != self.past[-1].strokes:
            self.past = [*self.past[1 - MOST_STROKES :], drawn]

    def undo(self) -> None:
        """Go back by one stroke."""
        self.past.pop()
        self.renew()

    def clear(self) -> None:
        """Begin with nothing."""
        self.past = []
        self.renew()

    def renew(self) -> None:
        """Have a new canvas begin with the present drawing."""
        self.begun = self.past[-1].strokes if self.past else None
        self.edition += 1


@dataclass
class Kept:
    """The collections of drawings as the reader has them before them.

    Attributes:
        collection: the one that was used last.
        drawing: the one chosen in it.
        clicked: the moment of the click that was taken last.
        removed: the drawings taken out, the last one last.
        taken_in: the file that was added last.
    """

    collection: str = ""
    drawing: int | None = None
    clicked: float = 0.0
    removed: list[int] = field(default_factory=list)
    taken_in: str = ""


@dataclass
class Examined:
    """What is looked at on the Evaluate page.

    Attributes:
        what: names the answers that the rest belongs to.
        cell: of the confusion matrix, (truth, answer).
        image: the chosen image's place.
        clicked: the moment of the click that was taken last.
    """

    what: str = ""
    cell: tuple[int, int] | None = None
    image: int | None = None
    clicked: float = 0.0


@dataclass
class Learning:
    """What a Session remembers of the lessons.

    Attributes:
        lesson: the one that is worked through; "" for the list.
        link: the parameters of the link that it came with.
        who: whose marks these are.
        marks: (lesson, part) -> what was answered, or which runs were trained.
        case: the quiz's present case, and answered: what was answered to it.
        corner: (row, column) of the square of pixels that is looked at; clicked: the click that was taken last.
        seed: of the random numbers that are pooled.
    """

    lesson: str = ""
    link: dict[str, str] = field(default_factory=dict)
    who: str = ""
    marks: dict[tuple[str, str], str] = field(default_factory=dict)
    case: Case | None = None
    answered: int | None = None
    corner: tuple[int, int] = (10, 10)
    clicked: float = 0.0
    seed: int = 1


@dataclass
class Studied:
    """What is looked at on the Data page.

    Attributes:
        dataset: the one chosen there, while `beside` was the one that would be trained on.
        what: names the images that the rest belongs to.
        image: the chosen one, (part, number); pixel: (row, column) of it.
        clicked: the moment of the click that was taken last.
    """

    dataset: str = ""
    beside: str = ""
    what: str = ""
    image: tuple[PartName, int] | None = None
    pixel: tuple[int, int] | None = None
    clicked: float = 0.0

    def dataset_beside(self, trained: str) -> str:
        """The dataset to look at: what was chosen, until another is going to be trained on."""
        return self.dataset if self.dataset and self.beside == trained else trained

    def choose(self, dataset: str, trained: str) -> None:
        """Take note of the reader's choice."""
        self.dataset, self.beside = dataset, trained

    def look_at(self, what: str) -> None:
        """Look at other images: what was chosen among the ones before is chosen no more."""
        if what != self.what:
            self.what, self.image, self.pixel = what, None, None


class Asked(NamedTuple):
    """A network that is asked: a run and a moment of it, None for its newest."""

    run: str
    moment: Moment | None = None
