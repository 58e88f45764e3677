"""The context that a lesson passes to an interactive widget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnnlab.lessons.lesson import Lesson
from cnnlab.runs.run import Run


class WidgetContext(NamedTuple):
    """Where a widget appears, and the runs that it shows.

    Attributes:
        part: the part of the lesson.
        runs: setup -> run of the experiment that the widget belongs to.
        titles: setup -> its title in the reader's language; a run's name stays in the language it was started in.
    """

    lesson: Lesson
    part: str
    runs: Mapping[str, Run]
    titles: Mapping[str, str]

    @property
    def key(self) -> str:
        """Prefix of the keys of its elements."""
        return f"{self.lesson.name}-{self.part}"
