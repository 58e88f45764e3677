"""Links to lessons: which one, what is hidden, what is fixed. A teacher makes them, so they may hold anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, get_args
from urllib.parse import urlencode

from cnnlab.lessons.lesson import Data, Length, Lesson
from cnnlab.marks import N_

CONTROLS: Mapping[str, str] = MappingProxyType(
    {
        "lessons": N_("The way to the other lessons"),
        "data": N_("The choice of the data"),
        "length": N_("The choice of the length"),
        "links": N_("The ways to other pages"),
        "terms": N_("The list of terms"),
    }
)
"""What can be hidden besides a lesson's own parts: name -> what it is (marked)."""


class View(NamedTuple):
    """How a lesson is shown.

    Attributes:
        hidden: names of parts and controls.
        data, length: what experiments begin with, and stay with where the choice is hidden; "" as the reader wants.
        unknown: what a link asked for that does not exist.
    """

    hidden: frozenset[str] = frozenset()
    data: str = ""
    length: str = ""
    unknown: tuple[str, ...] = ()

    def shows(self, name: str) -> bool:
        return name not in self.hidden


def read(lesson: Lesson, parameters: Mapping[str, str]) -> View:
    """The view that a link's parameters ask for; what is not known is named and left out."""
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
    """The link that shows a lesson so. `base` is the page's address without parameters."""
    parameters = {"lesson": lesson.name, "hide": ",".join(hidden), "data": data, "length": length}
    return f"{base}?{urlencode({name: value for name, value in parameters.items() if value}, safe=',')}"
