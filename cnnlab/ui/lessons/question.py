"""A question: choices first, and what is right only after the reader has answered, or asked to be told."""

from __future__ import annotations

import streamlit as st

from cnnlab.lessons.lesson import Lesson, Question
from cnnlab.lessons.links import View
from cnnlab.lessons.texts import Part
from cnnlab.ui.lessons import marks, words
from cnnlab.ui.state import pressed
from cnnlab.ui.text import _


def show(lesson: Lesson, block: Question, part: Part, view: View) -> None:
    """Draw it in a frame of its own."""
    with st.container(border=True, key=f"question-{block.part}"):
        st.markdown(_("**Predict before you look**") if block.after else _("**A question**"))
        words.show(part.body)
        answer = marks.get(lesson, block.part)
        if answer is None:
            _ask(lesson, block, part)
        else:
            _tell(lesson, block, part, answer, view)


def _ask(lesson: Lesson, block: Question, part: Part) -> None:
    with st.form(f"form-{lesson.name}-{block.part}", border=False):
        chosen = st.radio(
            _("Your answer"),
            range(len(part.choices)),
            index=None,
            format_func=lambda k: words.plain(part.choices[k]),
            key=f"choice-{lesson.name}-{block.part}",
            label_visibility="collapsed",
        )
        with st.container(horizontal=True):
            answered = pressed(
                st.form_submit_button, _("This is my answer"), key=f"answer-{block.part}", type="primary"
            )
            skipped = pressed(st.form_submit_button, _("Show me anyway"), key=f"skip-{block.part}", type="tertiary")
    if answered and chosen is None:
        st.warning(_("Choose one of the answers first. A guess will do."), icon=":material/touch_app:")
    elif answered or skipped:
        marks.note(lesson, block.part, marks.SHOWN if skipped else str(chosen))
        st.rerun()


def _tell(lesson: Lesson, block: Question, part: Part, answer: str, view: View) -> None:
    """The choices with the reader's own marked; what is right, once that may be said."""
    seen, answer = marks.has_seen(lesson, block, view), answer.rstrip(marks.SHOWN)
    lines = []
    for k, choice in enumerate(part.choices):
        mine, right = answer == str(k), seen and k == part.right
        mark = ":green[:material/check_circle:]" if right else ":gray[:material/remove:]"
        if mine and not right:
            mark = ":red[:material/cancel:]" if seen else ":material/radio_button_checked:"
        own = _("(your answer)") if mine else ""
        lines.append(f"{mark} {words.plain(choice)} {f':small[{own}]' if own else ''}")
    with st.container(key=f"choices-{block.part}"):
        st.markdown("\n\n".join(lines))
    if not seen:
        st.caption(_("Noted. What is right shows itself when the experiment below has ended."))
        if pressed(st.button, _("Show me anyway"), key=f"tell-{block.part}", type="tertiary"):
            marks.note(lesson, block.part, answer + marks.SHOWN)
            st.rerun()
        return
    if answer == str(part.right):
        st.success(_("Right."), icon=":material/check:")
    elif answer:
        st.info(_("Not quite, and that is what questions are for."), icon=":material/lightbulb:")
    words.show(part.after)
