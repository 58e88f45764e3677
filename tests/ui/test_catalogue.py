"""Every text is translated, and every translation can take the same values."""

import ast

import pytest

from tests import catalogue


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_the_catalogue_holds_just_the_texts_of_the_code(language: str) -> None:
    assert set(catalogue.catalogue(language)) == set(catalogue.messages())


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert [text for text, translation in catalogue.catalogue(language).items() if not translation] == []


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_translations_take_the_same_values(language: str) -> None:
    differing = {
        text: translation
        for text, translation in catalogue.catalogue(language).items()
        if catalogue.placeholders(text) != catalogue.placeholders(translation)
    }
    assert differing == {}


def test_no_text_stands_inside_an_f_string() -> None:
    """Babel finds such a text on Python 3.12 and newer only."""
    inside = [
        f"{file.name}:{call.lineno}"
        for file in catalogue.sources()
        for string in ast.walk(ast.parse(file.read_text()))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in catalogue.KEYWORDS
    ]
    assert inside == []


def test_placeholders_are_found_with_their_formats() -> None:
    assert catalogue.placeholders("{count:,} of {all} and {{no}}") == {"count", "all"}
