"""Lesson: the blocks of a lesson, in their order, as plain values.

A lesson's texts are in `en.md` and `ko.md` next to its `lesson.py` (see README.md in this folder, and `texts`). A block
names the part of the text that it shows. `cnnlab/ui/learn` draws the blocks.
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
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.initial_state import NO_INITIAL_STATE, InitialState
from cnnlab.training.recipes import MIN_STEPS, for_dataset
from cnnlab.training.spec import TrainingSpec

Data = Literal["small", "part", "full"]
"""The digits that ship with the Lab; some images of the dataset that the notes used; all of its images."""
Length = Literal["whole", "quick"]

SMALL: Mapping[str, str] = MappingProxyType(
    {"mnist": "mnist-5k", "mnist-shuffled": "mnist-5k-shuffled", "fashion-mnist": "mnist-5k"}
)
"""Dataset of the notes -> dataset to train on without a download."""

QUICK_IMAGES, QUICK_EPOCHS = 1000, 3
"""Images and epochs of a quick run: just enough to see that something happens."""


@dataclass(frozen=True)
class Text:
    """A part to read."""

    part: str


@dataclass(frozen=True)
class Question:
    """A multiple-choice question; its part contains the choices, the correct one and the explanation.

    Attributes:
        after: the experiment whose result answers it. The correct choice is revealed once that result has been seen.
    """

    part: str
    after: str = ""


@dataclass(frozen=True)
class Setup:
    """One training run of an experiment.

    Attributes:
        title: the name of its curves (marked).
        training: the settings of the notes, on the dataset of the notes.
        begins: returns the initial state for the network and its dataset; None for random weights and no extra images.
        small: settings to change for the small dataset.
    """

    name: str
    title: str
    network: NetworkSpec
    training: TrainingSpec
    begins: Callable[[NetworkSpec, Dataset], InitialState] | None = None
    small: Mapping[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> str:
        """The dataset that the notes used."""
        return self.training.dataset

    def initial(self, load: Callable[[str], Dataset], dataset: str) -> InitialState:
        """Return the initial state for a dataset, which is loaded only if the state depends on it."""
        return self.begins(self.network, load(dataset)) if self.begins else NO_INITIAL_STATE

    def prepared(self, data: Data, length: Length, part: int = 0) -> TrainingSpec:
        """Return the settings for the chosen data and length; `part` is the number of images for the data "part"."""
        training = self.training
        if data == "small":
            training = for_dataset(training, SMALL[self.data]).replace(**self.small)
        elif data == "part":
            training = training.replace(train_size=part)
        if length == "quick":
            training = training.replace(
                train_size=QUICK_IMAGES,
                epochs=min(training.epochs, QUICK_EPOCHS),
                batch_size=min(training.batch_size, QUICK_IMAGES // MIN_STEPS),
            )
        return training


@dataclass(frozen=True)
class Experiment:
    """One or more training runs whose curves share the same axes.

    Attributes:
        question: the question to answer before the result is shown.
        beside: another experiment whose curves are shown as well.
        part_size: number of images of the full dataset to offer as a smaller choice; 0 for no such choice.
    """

    part: str
    setups: tuple[Setup, ...]
    question: str = ""
    beside: str = ""
    part_size: int = 0


@dataclass(frozen=True)
class Widget:
    """An interactive part: `name` is its key in `cnnlab/ui/learn/widgets`, `of` the experiment whose runs it shows."""

    part: str
    name: str
    of: str = ""


@dataclass(frozen=True)
class Row:
    """A row of the comparison at the end.

    Attributes:
        label: what is compared (marked).
        notes: a key of `reported.REPORTED`, or a marked text; "" if the notes report nothing for any row of the table.
        experiment, setup: the run to compare with.
        measure: a name in `measures.MEASURES`.
        own: the reader's value if nothing is measured.
    """

    label: str
    notes: str
    measure: str = ""
    experiment: str = ""
    setup: str = ""
    own: str = ""


@dataclass(frozen=True)
class Compare:
    """The results of the notes next to the reader's: the last block of a lesson."""

    rows: tuple[Row, ...]
    part: str = "compare"


Block = Text | Question | Experiment | Widget | Compare


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes:
        number: its position in the list, from 1.
        blocks: from top to bottom.
        folder: the folder with its texts; the folder's name is the lesson's name.
    """

    number: int
    blocks: tuple[Block, ...]
    folder: Path = Path()

    @property
    def name(self) -> str:
        """Its name in links."""
        return self.folder.name

    def texts(self, language: str) -> Texts:
        """Return its texts in a language."""
        return _texts(self.folder / f"{language}.md")

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of its blocks, in order; links hide blocks by these names."""
        return tuple(block.part for block in self.blocks)

    def experiment(self, part: str) -> Experiment:
        """Return the experiment with this part name."""
        return next(block for block in self.blocks if isinstance(block, Experiment) and block.part == part)

    @property
    def marks(self) -> tuple[str, ...]:
        """The parts that the reader completes (questions and experiments), which progress counts."""
        return tuple(block.part for block in self.blocks if isinstance(block, Question | Experiment))


@functools.cache
def _texts(file: Path) -> Texts:
    return read(file.read_text(encoding="utf-8"), str(file))
