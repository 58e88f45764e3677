"""State of the Learn page."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from cnnlab.lessons.quiz import Case
from cnnlab.ui.components.kernel_stage.component import Design, Pooling


@dataclass
class LearnState:
    """State of the Learn page.

    Attributes:
        lesson: the open lesson; "" for the list.
        link: the parameters of the link that opened it.
        who: the reader whose marks these are.
        marks: (lesson, part) -> the answer that was given, or the runs that were trained.
        case: the current exercise of the quiz; answered: the reader's answer to it.
        corner: (row, column) of the selected square of pixels.
        seed: random seed of the values in the pooling widget.
        design: the kernel that the reader has made, and how it is applied.
        pooling: how the reader has pooled and shifted a digit.
    """

    lesson: str = ""
    link: dict[str, str] = field(default_factory=dict)
    who: str = ""
    marks: dict[tuple[str, str], str] = field(default_factory=dict)
    case: Case | None = None
    answered: int | None = None
    corner: tuple[int, int] = (10, 10)
    seed: int = 1
    design: Design = field(default_factory=partial(Design, padding="same"))
    pooling: Pooling = field(default_factory=Pooling)
