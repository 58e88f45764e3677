"""Every text is translated, and every translation can take the same values."""

import ast

import pytest

from tests import catalog


@pytest.mark.parametrize("language", catalog.LANGUAGES)
def test_the_catalog_holds_just_the_texts_of_the_code(language: str) -> None:
    assert set(catalog.entries(language)) == set(catalog.messages())


@pytest.mark.parametrize("language", catalog.LANGUAGES)
def test_every_form_of_every_text_is_translated(language: str) -> None:
    forms = {"ko": 1}[language]
    incomplete = [
        text
        for text, translations in catalog.entries(language).items()
        if not all(translations) or len(translations) != (1 if isinstance(text, str) else forms)
    ]
    assert incomplete == []


@pytest.mark.parametrize("language", catalog.LANGUAGES)
def test_translations_take_the_same_values(language: str) -> None:
    differing = {
        text: translations
        for text, translations in catalog.entries(language).items()
        for translation in translations
        # A form for 1 may say it in words.
        if catalog.placeholders(catalog.forms(text)[-1]) != catalog.placeholders(translation)
    }
    assert differing == {}


def test_a_form_for_one_takes_no_value_that_the_other_has_not() -> None:
    counted = [text for text in catalog.messages() if not isinstance(text, str)]
    assert counted
    assert [(one, many) for one, many in counted if not catalog.placeholders(one) <= catalog.placeholders(many)] == []


def test_no_text_stands_both_by_itself_and_with_another_form() -> None:
    """The catalog finds a text with two forms by its first."""
    firsts = [catalog.forms(text)[0] for text in catalog.messages()]
    assert len(firsts) == len(set(firsts))


def test_no_text_stands_inside_an_f_string() -> None:
    """Babel finds such a text on Python 3.12 and newer only."""
    inside = [
        f"{file.name}:{call.lineno}"
        for file in catalog.sources()
        for string in ast.walk(ast.parse(file.read_text()))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in catalog.KEYWORDS
    ]
    assert inside == []


def test_placeholders_are_found_with_their_formats() -> None:
    assert catalog.placeholders("{count:,} of {all} and {{no}}") == {"count", "all"}
