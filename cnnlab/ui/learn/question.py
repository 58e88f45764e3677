"""Questions: the choices first; the correct one after the reader has answered, or asked to reveal it."""

from __future__ import annotations

import streamlit as st

from cnnlab.lessons.lesson import Lesson, Question
from cnnlab.lessons.links import View
from cnnlab.lessons.texts import Part
from cnnlab.ui.components.fragments import pressed
from cnnlab.ui.learn import lesson_text, progress
from cnnlab.ui.text import _


def show(lesson: Lesson, block: Question, part: Part, view: View) -> None:
    """Draw a question in a frame."""
    with st.container(border=True, key=f"question-{block.part}"):
        st.markdown(_("**Predict first**") if block.after else _("**Question**"))
        lesson_text.show(part.body)
        answer = progress.get(lesson, block.part)
        if answer is None:
            _ask(lesson, block, part)
        else:
            _show_answer(lesson, block, part, answer, view)


def _ask(lesson: Lesson, block: Question, part: Part) -> None:
    with st.form(f"form-{lesson.name}-{block.part}", border=False):
        chosen = st.radio(
            _("Your answer"),
            range(len(part.choices)),
            index=None,
            format_func=lambda k: lesson_text.plain(part.choices[k]),
            key=f"choice-{lesson.name}-{block.part}",
            label_visibility="collapsed",
        )
        with st.container(horizontal=True):
            answered = pressed(st.form_submit_button, _("Submit"), key=f"answer-{block.part}", type="primary")
            skipped = pressed(st.form_submit_button, _("Reveal answer"), key=f"skip-{block.part}", type="tertiary")
    if answered and chosen is None:
        st.warning(_("Choose an answer first. A guess is fine."), icon=":material/touch_app:")
    elif answered or skipped:
        progress.note(lesson, block.part, progress.REVEALED if skipped else str(chosen))
        st.rerun()


def _show_answer(lesson: Lesson, block: Question, part: Part, answer: str, view: View) -> None:
    """Draw the choices with the reader's answer marked, and the correct one once it may be shown."""
    revealed, answer = progress.has_seen(lesson, block, view), answer.rstrip(progress.REVEALED)
    lines = []
    for k, choice in enumerate(part.choices):
        chosen, right = answer == str(k), revealed and k == part.right
        mark = ":green[:material/check_circle:]" if right else ":gray[:material/remove:]"
        if chosen and not right:
            mark = ":red[:material/cancel:]" if revealed else ":material/radio_button_checked:"
        note = _("(your answer)") if chosen else ""
        lines.append(f"{mark} {lesson_text.plain(choice)} {f':small[{note}]' if note else ''}")
    with st.container(key=f"choices-{block.part}"):
        st.markdown("\n\n".join(lines))
    if not revealed:
        st.caption(_("Saved. The answer is revealed once the experiment below has finished."))
        if pressed(st.button, _("Reveal answer"), key=f"tell-{block.part}", type="tertiary"):
            progress.note(lesson, block.part, answer + progress.REVEALED)
            st.rerun()
        return
    if answer == str(part.right):
        st.success(_("Correct."), icon=":material/check:")
    elif answer:
        st.info(_("Not quite."), icon=":material/lightbulb:")
    lesson_text.show(part.after)
