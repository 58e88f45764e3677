"""What an interactive part is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnnlab.lessons.lesson import Lesson
from cnnlab.runs.record import Run


class Place(NamedTuple):
    """Where it stands: the lesson, the part, and the runs of the experiment that it belongs to, by setup.

    Attributes:
        titles: what the setups are called, in the reader's language; a run keeps the name of the day it began.
    """

    lesson: Lesson
    part: str
    runs: Mapping[str, Run]
    titles: Mapping[str, str]

    @property
    def key(self) -> str:
        """Begins the keys of its elements."""
        return f"{self.lesson.name}-{self.part}"
