"""Links to lessons: the lesson, what is hidden, what is fixed. Teachers edit them, so they may contain anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, get_args
from urllib.parse import urlencode

from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Data, Length, Lesson

CONTROLS: Mapping[str, str] = MappingProxyType(
    {
        "lessons": N_("Links to other lessons"),
        "data": N_("Data selection"),
        "length": N_("Length selection"),
        "links": N_("Links to other pages"),
        "terms": N_("List of terms"),
    }
)
"""Controls that a link can hide in addition to a lesson's own parts: name -> description (marked)."""


class View(NamedTuple):
    """How a lesson is shown.

    Attributes:
        hidden: names of parts and controls.
        data, length: initial choice for experiments, fixed if the control is hidden; "" leaves it to the reader.
        unknown: what the link asks for that does not exist.
    """

    hidden: frozenset[str] = frozenset()
    data: str = ""
    length: str = ""
    unknown: tuple[str, ...] = ()

    def shows(self, name: str) -> bool:
        """Return whether a part or control is visible."""
        return name not in self.hidden


def read(lesson: Lesson, parameters: Mapping[str, str]) -> View:
    """Return the view for a link's parameters; unknown names are listed in it and otherwise ignored."""
    asked = [name.strip() for name in parameters.get("hide", "").split(",") if name.strip()]
    known = {*lesson.parts, *CONTROLS}
    unknown = [name for name in asked if name not in known]
    chosen = {}
    for name, options in (("data", get_args(Data)), ("length", get_args(Length))):
        value = parameters.get(name, "")
        if value and value not in options:
            unknown.append(f"{name}={value}")
        chosen[name] = value if value in options else ""
    return View(frozenset(asked) & known, chosen["data"], chosen["length"], tuple(unknown))


def write(base: str, lesson: Lesson, hidden: Iterable[str], data: str = "", length: str = "") -> str:
    """Return the link to such a view of a lesson. `base` is the page's address without parameters."""
    parameters = {"lesson": lesson.name, "hide": ",".join(hidden), "data": data, "length": length}
    return f"{base}?{urlencode({name: value for name, value in parameters.items() if value}, safe=',')}"
