"""Every lesson in both languages: the same parts, terms, figures and answers, all of them in the tables."""

from __future__ import annotations

import re

import pytest

from cnnlab.lessons import LESSONS
from cnnlab.lessons.glossary import GLOSSARY
from cnnlab.lessons.lesson import Compare, Experiment, Lesson, Question, Widget
from cnnlab.lessons.measures import MEASURES
from cnnlab.lessons.reported import REPORTED, written
from cnnlab.lessons.texts import Texts, figures, filled, read, terms
from cnnlab.training.recipes import RECIPES
from tests import catalog

LANGUAGES = ("en", "ko")
BOTH = [(name, language) for name in LESSONS for language in LANGUAGES]


def words(lesson: Lesson, language: str) -> str:
    """Return all texts of a lesson."""
    texts = lesson.texts(language)
    said = [texts.title, texts.about]
    for part in texts.parts.values():
        said += [part.heading, part.body, *part.choices, part.after]
    return "\n".join(said)


def test_lessons_are_in_order() -> None:
    assert list(LESSONS) == [
        *("digits", "sigmoid", "relu", "neurons", "filters", "learning_filters"),
        *("pooling", "dropout", "full", "fashion", "bugs"),
    ]
    assert [lesson.number for lesson in LESSONS.values()] == list(range(1, 12))


@pytest.mark.parametrize("name", LESSONS)
def test_both_languages_say_the_same(name: str) -> None:
    english, korean = (LESSONS[name].texts(language) for language in LANGUAGES)
    assert list(english.parts) == list(korean.parts)
    for part, other in zip(english.parts.values(), korean.parts.values(), strict=True):
        assert (len(part.choices), part.right) == (len(other.choices), other.right)
        assert bool(part.heading) == bool(other.heading)
        assert bool(part.after) == bool(other.after)
        for one, another in ((part.body, other.body), (part.after, other.after)):
            assert set(terms(one)) == set(terms(another))
            assert sorted(figures(one)) == sorted(figures(another))
            # Inline formulas differ in word order and may contain words; display formulas agree.
            assert _displayed(one) == _displayed(another)


def _displayed(text: str) -> list[str]:
    """Return the display formulas, without the words in them."""
    return [re.sub(r"\(\\text.*|\(w\\text.*", "", formula) for formula in re.findall(r"^\$\$(.+)\$\$$", text, re.M)]


@pytest.mark.parametrize(("name", "language"), BOTH)
def test_every_block_has_its_part(name: str, language: str) -> None:
    lesson = LESSONS[name]
    texts = lesson.texts(language)
    assert len(set(lesson.parts)) == len(lesson.parts)
    assert set(texts.parts) == set(lesson.parts)
    assert texts.title and texts.about
    assert isinstance(lesson.blocks[-1], Compare)
    experiments = {block.part for block in lesson.blocks if isinstance(block, Experiment)}
    questions = {block.part for block in lesson.blocks if isinstance(block, Question)}
    for block in lesson.blocks:
        part = texts.parts[block.part]
        match block:
            case Question():
                assert len(part.choices) >= 3 and part.right is not None and part.after
                assert sum("[x]" in line for line in part.body.splitlines()) == 0
                assert block.after in {"", *experiments}
            case Experiment():
                assert part.body
                assert block.question in {"", *questions} and block.beside in {"", *experiments}
            case Widget():
                assert block.of in {"", *experiments}
            case Compare():
                for row in block.rows:
                    assert not row.experiment or row.measure in MEASURES
                    assert not row.experiment or row.setup in {s.name for s in lesson.experiment(row.experiment).setups}
                    assert row.experiment or row.own
        assert part.choices == () or isinstance(block, Question)


@pytest.mark.parametrize("name", LESSONS)
def test_korean_has_no_italics(name: str) -> None:
    """Hangul has no italics; slanted by the browser, it is hard to read."""
    assert re.findall(r"(?<!\*)\*[^*\n]+\*(?!\*)", words(LESSONS[name], "ko")) == []


@pytest.mark.parametrize(("name", "language"), BOTH)
def test_terms_are_in_the_glossary_and_not_in_choices(name: str, language: str) -> None:
    said = words(LESSONS[name], language)
    assert set(terms(said)) <= set(GLOSSARY)
    assert "[[" not in filled(said, lambda key, shown: shown)
    for part in LESSONS[name].texts(language).parts.values():
        assert terms("\n".join(part.choices)) == []


def test_every_term_is_explained_somewhere_and_in_both_languages() -> None:
    used = {term for lesson in LESSONS.values() for term in terms(words(lesson, "en"))}
    assert used == set(GLOSSARY)
    korean = catalog.catalog("ko")
    for term in GLOSSARY.values():
        assert term.definition.endswith(".") and len(term.definition) < 200
        assert korean[term.definition].endswith("다.")


def test_reported_figures_match_the_recipes() -> None:
    assert written("sigmoid_accuracy") == "89.52%" and written("relu_accuracy") == "92.99%"
    assert (written("full_accuracy"), written("full_seconds")) == ("99.29%", "1,113.9")
    assert REPORTED["full_loss"].value == RECIPES["full"].reported.test_loss == 0.0225
    assert REPORTED["fashion_test_accuracy"].value == RECIPES["fashion"].reported.test_accuracy == 0.9094


def test_no_text_spells_out_a_reported_figure() -> None:
    """Checks figures of three digits or more; shorter ones occur in ordinary text, too."""
    for key, figure in REPORTED.items():
        shapes = {written(key), f"{figure.value:g}", f"{figure.value:,g}", f"{figure.value:.4f}"}
        if 0 < figure.value < 1:
            shapes |= {f"{figure.value * 100:.{places}f}" for places in (1, 2)}
        shapes = {shape for shape in shapes if sum(letter.isdigit() for letter in shape.lstrip("0.")) >= 3}
        for lesson in LESSONS.values():
            for language in LANGUAGES:
                found = [
                    s
                    for s in shapes - EVERYDAY
                    if re.search(rf"(?<![\d.,]){re.escape(s)}(?![\d]|[.,]\d)", words(lesson, language))
                ]
                assert not found, f"{lesson.name}/{language}.md: write {{reported.{key}}} instead of {found}"


EVERYDAY = {"784", "6272"}
"""28·28 and 28·28·8 are plain arithmetic."""


def test_every_figure_is_quoted() -> None:
    used = {key for lesson in LESSONS.values() for key in figures(words(lesson, "en"))}
    rows = [
        row
        for lesson in LESSONS.values()
        for block in lesson.blocks
        if isinstance(block, Compare)
        for row in block.rows
    ]
    assert set(REPORTED) == used | {row.notes for row in rows if row.notes in REPORTED}
    assert used <= set(REPORTED)


def test_a_text_is_parsed_as_the_readme_describes() -> None:
    source = """# Title

About.

## Head {#one}

A [[stride|step]] of {reported.conv_wrong}.

## {#two}

Which?

- [ ] a
- [x] b

---

Because.
"""
    found = read(source)
    assert (found.title, found.about, list(found.parts)) == ("Title", "About.", ["one", "two"])
    assert (found.parts["one"].heading, found.parts["one"].choices, found.parts["one"].right) == ("Head", (), None)
    assert filled(found.parts["one"].body, lambda key, shown: f"<{key}:{shown}>") == "A <stride:step> of 2."
    two = found.parts["two"]
    assert (two.heading, two.body, two.choices, two.right, two.after) == ("", "Which?", ("a", "b"), 1, "Because.")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("Title\n", "the first line should be a title"),
        ("# Title\n\n## Head\n", "should end with the name of its part"),
        ("# Title\n\n## A {#one}\n\n## B {#one}\n", "two parts called “one”"),
    ],
)
def test_an_invalid_text_is_refused(source: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read(source, "en.md")


def test_a_text_without_parts_is_empty() -> None:
    assert read("# Title\n\nAbout.") == Texts("Title", "About.")
