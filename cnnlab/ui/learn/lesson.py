"""The Learn page: the list of lessons with the reader's progress, or one lesson as a column of blocks."""

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
from cnnlab.ui.learn import comparison, experiment, lesson_text, progress, question
from cnnlab.ui.learn.state import LearnState
from cnnlab.ui.learn.widgets import registry
from cnnlab.ui.session import session, state
from cnnlab.ui.text import _, language, translate

_CSS = Path(__file__).with_suffix(".css")
LIST_COLUMNS = 3
_LINK_PARAMETERS = ("lesson", "hide", "data", "length")


def body() -> None:
    """Draw the lesson named in the link, else the one that was open before visiting another page, else the list."""
    st.html(_CSS)
    progress.load()
    learning = state(LearnState)
    if "lesson" in st.query_params:
        learning.lesson = st.query_params["lesson"]
        learning.link = {name: st.query_params[name] for name in _LINK_PARAMETERS if name in st.query_params}
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
    """Close the lesson, which leads back to the list."""
    session().presses.clear()
    learning = state(LearnState)
    learning.lesson, learning.link = "", {}
    for name in _LINK_PARAMETERS:
        st.query_params.pop(name, None)


def _open(lesson: Lesson) -> None:
    """Open a lesson without anything hidden or fixed."""
    _leave()
    learning = state(LearnState)
    learning.lesson, learning.link = lesson.name, {"lesson": lesson.name}
    st.query_params["lesson"] = lesson.name
    st.rerun()


def _list() -> None:
    """Draw one card per lesson: number, title, summary and progress."""
    if not session().nickname:
        st.caption(_("Set a nickname (above) to keep your progress."))
    lessons = list(LESSONS.values())
    for first in range(0, len(lessons), LIST_COLUMNS):
        for column, lesson in zip(
            st.columns(LIST_COLUMNS, gap="small"), lessons[first : first + LIST_COLUMNS], strict=False
        ):
            with column:
                _card(lesson)


def _card(lesson: Lesson) -> None:
    texts, done, total = lesson.texts(language()), progress.done(lesson), len(lesson.marks)
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", height="stretch", key=f"lesson-{lesson.name}"
    ):
        with st.container(gap="xxsmall", key=f"about-{lesson.name}"):
            st.markdown(f"**{lesson.number}. {texts.title}**")
            st.caption(texts.about)
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if done:
                st.badge(
                    _("{done} of {count} done", done=done, count=total), color="green" if done == total else "blue"
                )
            label = _("Open again") if done == total else _("Continue") if done else _("Start")
            if st.button(label, key=f"open-lesson-{lesson.name}"):
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
                    "The link names parts that this lesson does not have ({names}). They are ignored.",
                    names=plain(", ".join(view.unknown)),
                )
            )
        st.header(f"{lesson.number}. {texts.title}", anchor=False)
        lesson_text.show(texts.about)
        for block in lesson.blocks:
            if view.shows(block.part):
                _block(lesson, block, texts.parts.get(block.part, Part("", "")), view)
        if view.shows("terms"):
            all_texts = "\n".join(part.body + part.after for part in texts.parts.values())
            lesson_text.glossary(terms(all_texts))
        _end(lesson, view)


def _block(lesson: Lesson, block: Block, part: Part, view: View) -> None:
    if part.heading and not isinstance(block, Compare):
        st.subheader(part.heading, anchor=False)
    match block:
        case Text():
            lesson_text.show(part.body)
        case Question():
            question.show(lesson, block, part, view)
        case Experiment():
            experiment.show(lesson, block, part, view)
        case Widget():
            lesson_text.show(part.body)
            registry.show(lesson, block, view)
            lesson_text.show(part.after)
        case Compare():
            comparison.show(lesson, block, part)


def _end(lesson: Lesson, view: View) -> None:
    """Draw the progress and the buttons that lead on."""
    done, total = progress.done(lesson), len(lesson.marks)
    if total:
        st.progress(done / total, text=_("{done} of {count} done", done=done, count=total))
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
        if done and st.button(_("Restart this lesson"), type="tertiary", key="anew"):
            progress.forget(lesson)
            st.rerun()


def _class_link(lesson: Lesson, view: View) -> None:
    """Draw the popover in which teachers create a link with parts hidden and choices fixed."""
    texts = lesson.texts(language())

    def title(name: str) -> str:
        if name in CONTROLS:
            return translate(CONTROLS[name])
        kind = next(type(block) for block in lesson.blocks if block.part == name)
        return f"{_kinds()[kind]}: {texts.parts[name].heading or name}"

    with st.popover(_("Link for a class"), icon=":material/link:", type="tertiary", key="class-link"):
        hidden = st.multiselect(
            _("Hide"), [*lesson.parts, *CONTROLS], default=sorted(view.hidden), format_func=title, key="link-hide"
        )
        length = _fixed(_("Experiment length"), experiment.lengths(), "link-length")
        data = _fixed(
            _("Experiment data"),
            {"small": _("Built-in digits"), "full": _("The full dataset of the notes")},
            "link-data",
        )
        base = (st.context.url or "").split("?")[0]
        st.code(links.write(base, lesson, hidden, data, length), language=None, wrap_lines=True)
        st.caption(_("Readers who open this link cannot change what you set here and hide above."))


def _fixed(label: str, options: Mapping[Any, str], key: str) -> str:
    """Return a choice that the link fixes; "" leaves it to the reader."""
    titles = {"": _("Let the reader choose"), **options}
    chosen: str = st.selectbox(label, list(titles), format_func=titles.__getitem__, key=key)
    return chosen


def _kinds() -> dict[type[Block], str]:
    return {
        Text: _("Text"),
        Question: _("Question"),
        Experiment: _("Experiment"),
        Widget: _("Interactive"),
        Compare: _("Comparison"),
    }
