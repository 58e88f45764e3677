"""The texts of a lesson: a Markdown file in parts, with glossary terms and figures from the notes.

README.md in this folder describes the format. Nothing here knows how a lesson is displayed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cnnlab.lessons.reported import written

_HEADING = re.compile(r"^## *(?P<heading>.*?) *\{#(?P<name>[\w-]+)\} *$")
_CHOICE = re.compile(r"^- \[(?P<right>[ x])\] (?P<text>.+)$")
_TERM = re.compile(r"\[\[(?P<key>[^\]|]+)(?:\|(?P<shown>[^\]]+))?\]\]")
_FIGURE = re.compile(r"\{reported\.(\w+)\}")
RULE = "---"
"""A line of its own. The text below it is shown later: after the answer, or once the result is available."""


@dataclass(frozen=True)
class Part:
    """A part of a lesson's text.

    Attributes:
        heading: its heading, may be "".
        body: Markdown.
        choices: the choices of a question.
        right: index of the correct choice; None if the part is not a question.
        after: Markdown to show later, see `RULE`.
    """

    heading: str
    body: str
    choices: tuple[str, ...] = ()
    right: int | None = None
    after: str = ""


@dataclass(frozen=True)
class Texts:
    """The texts of a lesson in one language; `about` is for the list of lessons."""

    title: str
    about: str
    parts: Mapping[str, Part] = field(default_factory=lambda: MappingProxyType({}))


def read(source: str, file: str = "") -> Texts:
    """Parse the texts of a lesson. `file` names them in errors.

    Raises:
        ValueError: the text does not have the expected format; the message quotes the line.
    """
    lines = source.splitlines()
    if not lines or not lines[0].startswith("# "):
        raise ValueError(f"{file}: the first line should be a title, “# …”")
    parts: dict[str, Part] = {}
    name, heading, block = "", "", list[str]()
    about = ""
    for line in [*lines[1:], "## {#end}"]:
        found = _HEADING.match(line)
        if not found:
            if line.startswith("## "):
                raise ValueError(f"{file}: “{line}” should end with the name of its part, such as {{#why}}")
            block.append(line)
            continue
        if name:
            parts[name] = _part(heading, block)
        else:
            about = "\n".join(block).strip()
        name, heading, block = found["name"], found["heading"], []
        if name in parts:
            raise ValueError(f"{file}: there are two parts called “{name}”")
    return Texts(lines[0][2:].strip(), about, MappingProxyType(parts))


def _part(heading: str, lines: list[str]) -> Part:
    at = lines.index(RULE) if RULE in lines else len(lines)
    before, after = lines[:at], lines[at + 1 :]
    found = [_CHOICE.match(line) for line in before]
    choices = [choice for choice in found if choice]
    right = next((k for k, choice in enumerate(choices) if choice["right"] == "x"), None)
    body = "\n".join(line for line, choice in zip(before, found, strict=True) if not choice).strip()
    texts = tuple(choice["text"] for choice in choices)
    return Part(heading, body, texts, right, "\n".join(after).strip())


def terms(text: str) -> list[str]:
    """Return the keys of the terms in a text, each once, in their order."""
    return list(dict.fromkeys(found["key"] for found in _TERM.finditer(text)))


def figures(text: str) -> list[str]:
    """Return the keys of the figures that a text quotes."""
    return _FIGURE.findall(text)


def filled(text: str, term: Callable[[str, str], str]) -> str:
    """Return a text with its figures filled in and each term replaced by `term(key, shown)`."""
    text = _FIGURE.sub(lambda found: written(found[1]), text)
    return _TERM.sub(lambda found: term(found["key"], found["shown"] or found["key"]), text)
