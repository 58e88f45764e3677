"""The texts that readers see, as they stand in the code, and the catalogues that translate them.

`python -m tests.catalogue` brings every catalogue up to date with the code: new texts are added untranslated, old ones
leave. It lists what is still to be translated.
"""

from __future__ import annotations

import re
import string
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "cnnlab" / "ui" / "locale"
LANGUAGES = ("ko",)
KEYWORDS = {"_": None, "N_": None}


def path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "cnnlab.po"


def sources() -> list[Path]:
    """The files whose texts readers see."""
    return [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py")), *sorted((ROOT / "cnnlab").rglob("*.py"))]


def messages() -> dict[str, list[str]]:
    """Every marked text with the files where it stands."""
    found: dict[str, list[str]] = {}
    for file in sources():
        for _line, text, _comments, _context in extract_from_file("python", file, keywords=KEYWORDS):
            for one in (text,) if isinstance(text, str) else text:
                if one and file.name not in found.setdefault(one, []):
                    found[one].append(file.relative_to(ROOT).as_posix())
    return found


def catalogue(language: str) -> dict[str, str]:
    """The catalogue as it is: text -> translation."""
    with path(language).open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def placeholders(text: str) -> set[str]:
    """The names of a template's values."""
    return {name for _, name, _, _ in string.Formatter().parse(re.sub(r"\{\{|\}\}", "", text)) if name}


def update(language: str, translations: dict[str, str]) -> list[str]:
    """Write the catalogue for the texts of the code; returns those without a translation."""
    book = Catalog(locale=language, project="CNN Lab", fuzzy=False, charset="utf-8")
    for text, files in sorted(messages().items(), key=lambda item: (item[1][0], item[0])):
        book.add(text, translations.get(text, ""), locations=[(name, None) for name in files])
    path(language).parent.mkdir(parents=True, exist_ok=True)
    with path(language).open("wb") as file:
        write_po(file, book, width=0, omit_header=False, include_lineno=False)
    return [text for text in messages() if not translations.get(text)]


if __name__ == "__main__":
    for chosen in LANGUAGES:
        missing = update(chosen, catalogue(chosen) if path(chosen).exists() else {})
        print(f"{chosen}: {len(missing)} to be translated", *missing, sep="\n  ")
