"""Quiz on padding and stride: a random exercise with its worked solution."""

from __future__ import annotations

import random

import streamlit as st

from cnnlab.lessons.quiz import Case, new
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.learn import progress
from cnnlab.ui.learn.state import LearnState
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.session import state
from cnnlab.ui.text import _


def show(context: WidgetContext) -> None:
    """Draw the exercise, or the result of the answer and a button to the next exercise."""
    learning = state(LearnState)
    case = learning.case = learning.case or new(random.Random())
    right, total = _score(context)
    st.markdown(
        _(
            "An image of **{length}×{length}** pixels, a kernel of **{kernel}×{kernel}**, padding **{padding}**, "
            "stride **{stride}**. How many pixels wide is the result?",
            length=case.length, kernel=case.kernel, padding=case.padding, stride=case.stride,
        )
    )  # fmt: skip
    if learning.answered is None:
        _ask(context, case, right, total)
    else:
        _show_result(case, learning.answered)
        if st.button(_("Next exercise"), icon=":material/refresh:", key=f"{context.key}-next", type="primary"):
            learning.case, learning.answered = new(random.Random(), case), None
            redraw()
    if total:
        st.caption(_("{right} of {count} correct so far.", right=right, count=total))


def _score(context: WidgetContext) -> tuple[int, int]:
    """Return the number of correct answers and of all answers."""
    right, _slash, total = (progress.get(context.lesson, context.part) or "0/0").replace(" ", "").partition("/")
    return int(right), int(total)


def _ask(context: WidgetContext, case: Case, right: int, total: int) -> None:
    with st.form(f"{context.key}-form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        width = st.number_input(
            _("Pixels"), 0, 100, value=None, step=1, placeholder="?", key=f"{context.key}-{case}", width=130
        )
        checked = st.form_submit_button(_("Check"), key=f"{context.key}-check")
    if checked and width is not None:
        state(LearnState).answered = int(width)
        progress.note(context.lesson, context.part, f"{right + (int(width) == case.answer)} / {total + 1}")
        redraw()


def _show_result(case: Case, answered: int) -> None:
    if answered == case.answer:
        st.success(_("Correct: {answer}.", answer=case.answer), icon=":material/check:")
    else:
        st.error(_("Your answer was {answered}; the result is {answer}.", answered=answered, answer=case.answer))
    st.code(case.written, language=None)
    if case.padding == "same":
        st.caption(
            _(
                "“same” adds just enough zeros for the result to be {length} / {stride} pixels wide, rounded up.",
                length=case.length,
                stride=case.stride,
            )
        )
    else:
        st.caption(
            _("Without padding: image size minus kernel size, divided by the stride and rounded down, plus one.")
        )
