"""Visible texts in the code, and their translation catalogs.

`python -m tests.catalog` updates every catalog to match the code: it adds new texts untranslated, removes old ones, and
lists what is still to be translated.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "cnnlab" / "ui" / "locale"
LANGUAGES = ("ko",)
KEYWORDS = {"_": None, "N_": None, "n_": (1, 2), "nN_": (1, 2)}
Text = str | tuple[str, str]
"""A text, or its singular and plural."""


def path(language: str) -> Path:
    """Return the path of a language's catalog."""
    return LOCALE / language / "LC_MESSAGES" / "cnnlab.po"


def sources() -> list[Path]:
    """Return the source files with visible texts."""
    return [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "cnnlab").rglob("*.py"))]


def messages() -> dict[Text, list[str]]:
    """Return every marked text with the files that contain it."""
    found: dict[Text, list[str]] = {}
    for file in sources():
        for _line, text, _comments, _context in extract_from_file("python", file, keywords=KEYWORDS):
            name = file.relative_to(ROOT).as_posix()
            if text and name not in found.setdefault(_text(text), []):
                found[_text(text)].append(name)
    return found


def entries(language: str) -> dict[Text, tuple[str, ...]]:
    """Return text -> translations from the catalog file, with the language's plural forms."""
    with path(language).open("rb") as file:
        return {_text(message.id): forms(message.string) for message in read_po(file) if message.id}


def catalog(language: str) -> dict[str, str]:
    """Return text -> translation, with singular and plural as separate entries."""
    return {
        one: translation
        for text, translations in entries(language).items()
        for one, translation in zip(forms(text), (translations[0], translations[-1]), strict=False)
    }


def forms(text: str | Sequence[str]) -> tuple[str, ...]:
    """Return the forms of a text as a tuple."""
    return (text,) if isinstance(text, str) else tuple(text)


def _text(text: str | Sequence[str]) -> Text:
    return text if isinstance(text, str) else (text[0], text[1])


def placeholders(text: str) -> set[str]:
    """Return the names of a template's values."""
    return {name for _, name, _, _ in string.Formatter().parse(re.sub(r"\{\{|\}\}", "", text)) if name}


def update(language: str, translations: dict[Text, tuple[str, ...]]) -> list[str]:
    """Write the catalog for the texts in the code, and return those without a translation."""
    book = Catalog(locale=language, project="CNN Lab", fuzzy=False, charset="utf-8")
    for text, files in sorted(messages().items(), key=lambda item: (item[1][0], forms(item[0]))):
        known = translations.get(text, ("",) * (1 if isinstance(text, str) else book.num_plurals))
        book.add(text, known[0] if isinstance(text, str) else known, locations=[(name, None) for name in files])
    path(language).parent.mkdir(parents=True, exist_ok=True)
    with path(language).open("wb") as file:
        write_po(file, book, width=0, omit_header=False, include_lineno=False)
    return [forms(text)[0] for text in messages() if not all(translations.get(text, ("",)))]


if __name__ == "__main__":
    for chosen in LANGUAGES:
        missing = update(chosen, entries(chosen) if path(chosen).exists() else {})
        print(f"{chosen}: {len(missing)} to be translated", *missing, sep="\n  ")
