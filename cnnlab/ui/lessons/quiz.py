"""The quiz about padding and stride: a new case each time, and how it is worked out."""

from __future__ import annotations

import random

import streamlit as st

from cnnlab.lessons.quiz import Case, new
from cnnlab.ui.lessons import marks
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _


def show(place: Place) -> None:
    """One case, the answer to it, and the way to the next."""
    learning = session().learning
    case = learning.case = learning.case or new(random.Random())
    right, of = _score(place)
    st.markdown(
        _(
            "A picture of **{length}×{length}** pixels, a kernel of **{kernel}×{kernel}**, padding **{padding}**, "
            "stride **{stride}**. How many pixels wide is the result?",
            length=case.length, kernel=case.kernel, padding=case.padding, stride=case.stride,
        )
    )  # fmt: skip
    if learning.answered is None:
        _ask(place, case, right, of)
    else:
        _tell(case, learning.answered)
        if st.button(_("Another one"), icon=":material/refresh:", key=f"{place.key}-next", type="primary"):
            learning.case, learning.answered = new(random.Random(), case), None
            redraw()
    if of:
        st.caption(_("{right} of {count} right so far.", right=right, count=of))


def _score(place: Place) -> tuple[int, int]:
    """Right answers, and all."""
    right, _slash, of = (marks.get(place.lesson, place.part) or "0/0").replace(" ", "").partition("/")
    return int(right), int(of)


def _ask(place: Place, case: Case, right: int, of: int) -> None:
    with st.form(f"{place.key}-form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        given = st.number_input(
            _("Pixels"), 0, 100, value=None, step=1, placeholder="?", key=f"{place.key}-{case}", width=130
        )
        checked = st.form_submit_button(_("Check"), key=f"{place.key}-check")
    if checked and given is not None:
        session().learning.answered = int(given)
        marks.note(place.lesson, place.part, f"{right + (int(given) == case.answer)} / {of + 1}")
        redraw()


def _tell(case: Case, answered: int) -> None:
    if answered == case.answer:
        st.success(_("Right: {answer}.", answer=case.answer), icon=":material/check:")
    else:
        st.error(_("You said {answered}; it is {answer}.", answered=answered, answer=case.answer))
    st.code(case.written, language=None)
    if case.padding == "same":
        st.caption(
            _(
                "With “same” as many zeros are added as are needed: the result has {length} / {stride} pixels, rounded "
                "up.",
                length=case.length,
                stride=case.stride,
            )
        )
    else:
        st.caption(_("Without padding: picture minus kernel, divided by the stride and rounded down, plus one."))
