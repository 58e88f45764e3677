"""The end of a lesson: what the notes reported beside what the reader got."""

from __future__ import annotations

import streamlit as st

from cnnlab.lessons.lesson import Compare, Lesson, Row
from cnnlab.lessons.measures import MEASURES, NOTHING, images
from cnnlab.lessons.reported import REPORTED, written
from cnnlab.lessons.texts import Part
from cnnlab.runs.record import Run
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons import marks, words
from cnnlab.ui.tables import table
from cnnlab.ui.text import _, translate


def show(lesson: Lesson, block: Compare, part: Part) -> None:
    """The table, how the reader's side of it was got, and what can be said about the difference."""
    st.subheader(part.heading or _("What the notes reported, and what you got"), anchor=False)
    words.show(part.body)
    runs = [_run(lesson, row) for row in block.rows]
    own = [_own(row, run) for row, run in zip(block.rows, runs, strict=True)]
    labels = [translate(row.label) for row in block.rows]
    columns = [("", *labels), (_("You"), *own)]
    if any(row.notes for row in block.rows):
        columns.insert(1, (_("In the notes"), *map(_reported, block.rows)))
    head, *rows = zip(*columns, strict=True)
    table(head, rows, words=1)
    _ways([run for run in runs if run])
    if NOTHING in own:
        st.caption(_("A dash: not there yet. The figure appears here when what stands above has been done."))
    words.show(part.after)


def _ways(runs: list[Run]) -> None:
    """How much the reader's runs have seen, since a quick look is no match for the notes."""
    ways = dict.fromkeys((images(run), len(lab().history(run.id).epochs)) for run in runs)
    if ways:
        seen = "; ".join(_("{images:,} images, {epochs} epochs", images=count, epochs=epochs) for count, epochs in ways)
        st.caption(
            _("Yours: {seen}. Where nothing else is said, accuracy and loss are those on the validation images.",
              seen=seen)
        )  # fmt: skip


def _reported(row: Row) -> str:
    return written(row.notes) if row.notes in REPORTED else translate(row.notes)


def _run(lesson: Lesson, row: Row) -> Run | None:
    return marks.runs(lesson, lesson.experiment(row.experiment)).get(row.setup) if row.experiment else None


def _own(row: Row, run: Run | None) -> str:
    return MEASURES[row.measure](run, lab().history(run.id), lab().answered(run.id)) if run else row.own or NOTHING
