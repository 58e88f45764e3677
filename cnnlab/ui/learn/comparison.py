"""The end of a lesson: the results of the notes next to the reader's."""

from __future__ import annotations

import streamlit as st

from cnnlab.lessons.lesson import Compare, Lesson, Row
from cnnlab.lessons.measures import MEASURES, NOTHING, images
from cnnlab.lessons.reported import REPORTED, written
from cnnlab.lessons.texts import Part
from cnnlab.runs.run import Run
from cnnlab.ui.components.table import table
from cnnlab.ui.lab import lab
from cnnlab.ui.learn import lesson_text, progress
from cnnlab.ui.text import _, n_, translate


def show(lesson: Lesson, block: Compare, part: Part) -> None:
    """Draw the table of results, the size of the reader's runs, and the discussion."""
    st.subheader(part.heading or _("What the notes reported, and what you got"), anchor=False)
    lesson_text.show(part.body)
    runs = [_run(lesson, row) for row in block.rows]
    own = [_own(row, run) for row, run in zip(block.rows, runs, strict=True)]
    labels = [translate(row.label) for row in block.rows]
    columns = [("", *labels), (_("You"), *own)]
    if any(row.notes for row in block.rows):
        columns.insert(1, (_("In the notes"), *map(_reported, block.rows)))
    head, *rows = zip(*columns, strict=True)
    table(head, rows, words=1)
    _run_sizes([run for run in runs if run])
    if NOTHING in own:
        st.caption(_("–: not available yet. Complete the steps above."))
    lesson_text.show(part.after)


def _run_sizes(runs: list[Run]) -> None:
    """Draw how many images and epochs the reader's runs had: quick runs cannot match the notes."""
    sizes = dict.fromkeys((images(run), len(lab().runs.history(run.id).epochs)) for run in runs)
    if sizes:
        described = "; ".join(
            n_("{images:,} images, {count} epoch", "{images:,} images, {count} epochs", images=shown, count=epochs)
            for shown, epochs in sizes
        )
        st.caption(
            _("Your runs: {sizes}. Unless stated otherwise, accuracy and loss are for the validation images.",
              sizes=described)
        )  # fmt: skip


def _reported(row: Row) -> str:
    return written(row.notes) if row.notes in REPORTED else translate(row.notes)


def _run(lesson: Lesson, row: Row) -> Run | None:
    return progress.runs(lesson, lesson.experiment(row.experiment)).get(row.setup) if row.experiment else None


def _own(row: Row, run: Run | None) -> str:
    return (
        MEASURES[row.measure](run, lab().runs.history(run.id), lab().runs.probe_images(run.id))
        if run
        else row.own or NOTHING
    )
