"""Learn: the list of lessons with how far one is, and one lesson as a column of blocks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from cnnlab.lessons import LESSONS, links
from cnnlab.lessons.lesson import Block, Compare, Experiment, Lesson, Question, Text, Widget
from cnnlab.lessons.links import CONTROLS, View
from cnnlab.lessons.texts import Part, terms
from cnnlab.ui.errors import plain
from cnnlab.ui.lessons import compare, experiment, marks, question, widgets, words
from cnnlab.ui.state import session
from cnnlab.ui.text import _, language, translate

_CSS = Path(__file__).parent / "assets" / "learn.css"
_OF_LINK = ("lesson", "hide", "data", "length")


def body() -> None:
    """The lesson in the link, else the one that was left to look at another page, else the list."""
    st.html(_CSS)
    marks.load()
    learning = session().learning
    if "lesson" in st.query_params:
        learning.lesson = st.query_params["lesson"]
        learning.link = {name: st.query_params[name] for name in _OF_LINK if name in st.query_params}
    elif learning.lesson:
        st.query_params.update(learning.link)
    if not learning.lesson:
        _list()
    elif learning.lesson in LESSONS:
        _lesson(LESSONS[learning.lesson], links.read(LESSONS[learning.lesson], learning.link))
    else:
        name = learning.lesson
        _leave()
        st.warning(_("There is no lesson called “{name}”. These are the lessons:", name=plain(name)))
        _list()


def _leave() -> None:
    """Back to the list."""
    session().presses.clear()
    session().learning.lesson, session().learning.link = "", {}
    for name in _OF_LINK:
        st.query_params.pop(name, None)


def _open(lesson: Lesson) -> None:
    _leave()
    session().learning.lesson, session().learning.link = lesson.name, {"lesson": lesson.name}
    st.query_params["lesson"] = lesson.name
    st.rerun()


def _list() -> None:
    """Every lesson in a line: number, title, what it is about, how much of it is done."""
    if not session().nickname:
        st.caption(_("With a name (above) your progress is still there next time."))
    for lesson in LESSONS.values():
        texts, done, of = lesson.texts(language()), marks.done(lesson), len(lesson.marks)
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"lesson-{lesson.name}"):
            with st.container(gap="xxsmall", key=f"about-{lesson.name}"):
                st.markdown(f"**{lesson.number}. {texts.title}**")
                st.caption(texts.about)
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                if done:
                    st.badge(_("{done} of {count} done", done=done, count=of), color="green" if done == of else "blue")
                label = _("Open again") if done == of else _("Go on") if done else _("Begin")
                if st.button(label, key=f"open-lesson-{lesson.name}", width=130):
                    _open(lesson)


def _lesson(lesson: Lesson, view: View) -> None:
    texts = lesson.texts(language())
    with st.container(key="lesson"):
        with st.container(horizontal=True, vertical_alignment="center"):
            if view.shows("lessons") and st.button(
                _("All lessons"), icon=":material/arrow_back:", type="tertiary", key="all-lessons"
            ):
                _leave()
                st.rerun()
            st.space("stretch")
            _class_link(lesson, view)
        if view.unknown:
            st.info(
                _(
                    "The link asks for something that this lesson does not have ({names}); it is left out.",
                    names=plain(", ".join(view.unknown)),
                )
            )
        st.header(f"{lesson.number}. {texts.title}", anchor=False)
        words.show(texts.about)
        for block in lesson.blocks:
            if view.shows(block.part):
                _block(lesson, block, texts.parts.get(block.part, Part("", "")), view)
        if view.shows("terms"):
            everything = "\n".join(part.body + part.after for part in texts.parts.values())
            words.glossary(terms(everything))
        _end(lesson, view)


def _block(lesson: Lesson, block: Block, part: Part, view: View) -> None:
    if part.heading and not isinstance(block, Compare):
        st.subheader(part.heading, anchor=False)
    match block:
        case Text():
            words.show(part.body)
        case Question():
            question.show(lesson, block, part, view)
        case Experiment():
            experiment.show(lesson, block, part, view)
        case Widget():
            words.show(part.body)
            widgets.show(lesson, block, view)
            words.show(part.after)
        case Compare():
            compare.show(lesson, block, part)


def _end(lesson: Lesson, view: View) -> None:
    """The way on."""
    done, of = marks.done(lesson), len(lesson.marks)
    if of:
        st.progress(done / of, text=_("{done} of {count} done", done=done, count=of))
    following = next((other for other in LESSONS.values() if other.number > lesson.number), None)
    with st.container(horizontal=True):
        if view.shows("lessons"):
            if following:
                label = _("Next lesson: {title}", title=following.texts(language()).title)
                if st.button(label, icon=":material/arrow_forward:", type="primary", key="next-lesson"):
                    _open(following)
            elif st.button(_("All lessons"), icon=":material/arrow_back:", type="primary", key="after-last"):
                _leave()
                st.rerun()
        if done and st.button(_("Begin this lesson anew"), type="tertiary", key="anew"):
            marks.forget(lesson)
            st.rerun()


def _class_link(lesson: Lesson, view: View) -> None:
    """What a teacher puts into a message: the lesson with parts hidden and choices made."""
    texts = lesson.texts(language())

    def named(name: str) -> str:
        if name in CONTROLS:
            return translate(CONTROLS[name])
        kind = next(type(block) for block in lesson.blocks if block.part == name)
        return f"{_kinds()[kind]}: {texts.parts[name].heading or name}"

    with st.popover(_("Link for a class"), icon=":material/link:", type="tertiary", key="class-link"):
        hidden = st.multiselect(
            _("Hide"), [*lesson.parts, *CONTROLS], default=sorted(view.hidden), format_func=named, key="link-hide"
        )
        length = _fixed(_("Length of the experiments"), experiment.lengths(), "link-length")
        data = _fixed(
            _("Data of the experiments"),
            {"small": _("The digits that come with the Lab"), "full": _("All images of the notes’ set")},
            "link-data",
        )
        base = (st.context.url or "").split("?")[0]
        st.code(links.write(base, lesson, hidden, data, length), language=None, wrap_lines=True)
        st.caption(_("What is fixed here and hidden above cannot be changed by those who open the link."))


def _fixed(label: str, options: Mapping[Any, str], key: str) -> str:
    """A choice that the link can make; "" where it leaves it to the reader."""
    named = {"": _("as the reader wants"), **options}
    chosen: str = st.selectbox(label, list(named), format_func=named.__getitem__, key=key)
    return chosen


def _kinds() -> dict[type[Block], str]:
    return {
        Text: _("Text"),
        Question: _("Question"),
        Experiment: _("Experiment"),
        Widget: _("To try"),
        Compare: _("Comparison"),
    }
