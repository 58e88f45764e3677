"""Mark texts for translation.

The core never translates. It marks its English texts with `N_` (or `nN_` for texts with a plural form), so that the
catalog contains them, and the interface translates them when it shows them (`cnnlab.ui.text`).
"""

from __future__ import annotations

from collections.abc import Callable

Translate = Callable[[str], str]
"""A function that translates a marked English text."""


def N_(text: str) -> str:
    """Mark `text` for the catalog and return it unchanged."""
    return text


class Verbatim(str):
    """A person's text, such as the name of a class: not translated, even if the catalog happens to have it."""


class Counted(str):
    """An English text in singular or plural; keeps both forms and the count for the translation."""

    one: str
    many: str
    number: int


def nN_(one: str, many: str, count: int) -> Counted:
    """Mark a text with a singular and a plural form, and return the form for `count`; values are filled in later."""
    text = Counted(one if count == 1 else many)
    text.one, text.many, text.number = one, many, int(count)
    return text


def untranslated(text: str) -> str:
    """Return the English text unchanged; the `Translate` of scripts and notebooks."""
    return text
