"""The end of a lesson: what the notes reported beside what the reader got."""

from __future__ import annotations

import streamlit as st

from cnnlab.lessons.lesson import Compare, Lesson, Row
from cnnlab.lessons.measures import MEASURES, NOTHING
from cnnlab.lessons.reported import REPORTED, written
from cnnlab.lessons.texts import Part
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons import marks, words
from cnnlab.ui.text import _, translate


def show(lesson: Lesson, block: Compare, part: Part) -> None:
    """The table, and what can be said about the difference."""
    st.subheader(part.heading or _("What the notes reported, and what you got"), anchor=False)
    words.show(part.body)
    lines = [("", _("In the notes"), _("You")), ("---", "---:", "---:")]
    lines += [(translate(row.label), _reported(row), _own(lesson, row)) for row in block.rows]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
    if any(_own(lesson, row) == NOTHING for row in block.rows):
        st.caption(_("A dash: not there yet. Do the experiment above, and the figure appears here."))
    words.show(part.after)


def _reported(row: Row) -> str:
    return written(row.notes) if row.notes in REPORTED else translate(row.notes)


def _own(lesson: Lesson, row: Row) -> str:
    if row.own:
        return row.own
    if not row.experiment:
        return marks.get(lesson, row.measure) or NOTHING
    run = marks.runs(lesson, lesson.experiment(row.experiment)).get(row.setup)
    return MEASURES[row.measure](run, lab().history(run.id), lab().answered(run.id)) if run else NOTHING
