"""Lesson: the blocks that a lesson is made of, in their order, as plain values.

A lesson's words are in `en.md` and `ko.md` beside its `lesson.py` (see README.md there and `texts`); a block names the
part of them that it shows. How blocks look is left to `cnnlab/ui/lessons`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from cnnlab.datasets import Dataset
from cnnlab.lessons.texts import Texts, read
from cnnlab.network.recipes import LEAST_STEPS, suited
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.beginning import NOTHING, Beginning
from cnnlab.training.spec import TrainingSpec

Data = Literal["small", "part", "full"]
"""The digits that come with the Lab; some images of the set that the notes used; all of them."""
Length = Literal["whole", "quick"]

SMALL: Mapping[str, str] = MappingProxyType(
    {"mnist": "mnist-5k", "mnist-shuffled": "mnist-5k-shuffled", "fashion-mnist": "mnist-5k"}
)
"""What the notes trained on -> what is trained on where no download is wanted."""

QUICK_IMAGES, QUICK_EPOCHS = 1000, 3
"""What is enough to see that something happens."""


@dataclass(frozen=True)
class Text:
    """A part that is read."""

    part: str


@dataclass(frozen=True)
class Question:
    """A question with choices; the right one and what to say about it are in the part.

    Attributes:
        after: the experiment whose result answers it: what is right is said when that has been seen.
    """

    part: str
    after: str = ""


@dataclass(frozen=True)
class Setup:
    """One training of an experiment.

    Attributes:
        title: what its curves are called (marked).
        training: as in the notes, on the data of the notes.
        begins: what it begins with besides, for a network and its data.
        small: settings that are other ones for the small data.
    """

    name: str
    title: str
    network: NetworkSpec
    training: TrainingSpec
    begins: Callable[[NetworkSpec, Dataset], Beginning] | None = None
    small: Mapping[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> str:
        """The set that the notes used."""
        return self.training.dataset

    def beginning(self, load: Callable[[str], Dataset], dataset: str) -> Beginning:
        """What it begins with besides on a dataset, which is loaded only where that matters."""
        return self.begins(self.network, load(dataset)) if self.begins else NOTHING

    def prepared(self, data: Data, length: Length, part: int = 0) -> TrainingSpec:
        """The settings for the chosen data and length; `part`: how many images are a part of them."""
        training = self.training
        if data == "small":
            training = suited(training, SMALL[self.data]).replace(**self.small)
        elif data == "part":
            training = training.replace(train_size=part)
        if length == "quick":
            training = training.replace(
                train_size=QUICK_IMAGES,
                epochs=min(training.epochs, QUICK_EPOCHS),
                batch_size=min(training.batch_size, QUICK_IMAGES // LEAST_STEPS),
            )
        return training


@dataclass(frozen=True)
class Experiment:
    """One or several trainings whose curves are drawn on the same axes.

    Attributes:
        question: the question that is to be answered before the result is seen.
        beside: another experiment whose curves are drawn too.
        part_size: how many images of the full data are offered as a part of them; 0: none.
    """

    part: str
    setups: tuple[Setup, ...]
    question: str = ""
    beside: str = ""
    part_size: int = 0


@dataclass(frozen=True)
class Widget:
    """Something to be moved: `name` in `cnnlab/ui/lessons`. `of`: the experiment whose runs it shows."""

    part: str
    name: str
    of: str = ""


@dataclass(frozen=True)
class Row:
    """A line of the comparison at the end.

    Attributes:
        label: what is compared (marked).
        notes: a key of `reported.REPORTED`, or a marked text; "" where no row of the table has anything from them.
        experiment, setup: whose result stands beside it.
        measure: a name of `measures.MEASURES`.
        own: what stands on the reader's side where nothing is measured.
    """

    label: str
    notes: str
    measure: str = ""
    experiment: str = ""
    setup: str = ""
    own: str = ""


@dataclass(frozen=True)
class Compare:
    """What the notes reported beside what the reader got: the last block of a lesson."""

    rows: tuple[Row, ...]
    part: str = "compare"


Block = Text | Question | Experiment | Widget | Compare


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        number: its place in the list.
        blocks: from top to bottom.
        folder: where its texts are; the folder's name is the lesson's.
    """

    number: int
    blocks: tuple[Block, ...]
    folder: Path = Path()

    @property
    def name(self) -> str:
        """What links call it."""
        return self.folder.name

    def texts(self, language: str) -> Texts:
        """Its words in a language."""
        return _texts(self.folder / f"{language}.md")

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its blocks, for links that hide some."""
        return tuple(block.part for block in self.blocks)

    def experiment(self, part: str) -> Experiment:
        """The experiment of this name."""
        return next(block for block in self.blocks if isinstance(block, Experiment) and block.part == part)

    @property
    def marks(self) -> tuple[str, ...]:
        """The parts that are done by doing something: progress is counted in them."""
        return tuple(block.part for block in self.blocks if isinstance(block, Question | Experiment))


@functools.cache
def _texts(file: Path) -> Texts:
    return read(file.read_text(encoding="utf-8"), str(file))
