"""What was read: how many images of which classes, what was put right, and which files were left out and why."""

from __future__ import annotations

import streamlit as st

from cnnlab.datasets.image_sets import ImageSet
from cnnlab.ui import errors
from cnnlab.ui.components.table import table
from cnnlab.ui.text import _, n_, translate

MOST = 200
"""Number of files that are listed."""


def summary(found: ImageSet) -> str:
    """Return what became of the files of an image set."""
    return _(
        "**{name}**: {images} of {count} classes.",
        name=errors.plain(found.name),
        images=n_("{count:,} image", "{count:,} images", count=found.images),
        count=len(found.class_names),
    )


def details(found: ImageSet) -> None:
    """Draw what was put right, ignored and left out, folded."""
    notes = [one.sentence(translate) for one in (*found.reading.notes, *found.notes)]
    if found.reading.ignored:
        notes.append(
            n_(
                "{count:,} file of the system, such as Thumbs.db, was ignored.",
                "{count:,} files of the system, such as Thumbs.db, were ignored.",
                count=found.reading.ignored,
            )
        )
    skipped = len(found.reading.skipped)
    title = n_("{count:,} file was left out", "{count:,} files were left out", count=skipped)
    with st.expander(
        title if skipped else _("What was read"),
        icon=":material/warning:" if skipped else ":material/fact_check:",
        key=f"own-read-{found.id}",
    ):
        st.markdown("\n".join(f"- {errors.plain(one)}" for one in notes) or _("Every file was read."))
        if skipped:
            _skipped(found)


def _skipped(found: ImageSet) -> None:
    lines = [
        (errors.plain(one.name), errors.plain(" ".join(filter(None, one.sentences(translate)))))
        for one in found.reading.skipped[:MOST]
    ]
    table((_("File"), _("Reason")), lines, words=2)
    if len(found.reading.skipped) > MOST:
        st.caption(_("And {count:,} more.", count=len(found.reading.skipped) - MOST))
