"""The note at a run whose image set was changed or deleted after it had started, or is that of another Lab."""

from __future__ import annotations

import streamlit as st

from cnnlab.runs.run import Run
from cnnlab.ui import errors
from cnnlab.ui.lab import lab
from cnnlab.ui.text import _


def dataset_note(run: Run) -> None:
    """Say what became of the run's image set, if anything did, and what can no longer be done."""
    since, name = lab().datasets.since(run), errors.plain(run.dataset.title)
    if since == "changed":
        st.caption(
            ":material/info: "
            + _(
                "The image set “{name}” has changed since this run started. What is shown as its validation or test "
                "images may now include images that the network has learned from.",
                name=name,
            )
        )
    elif since == "gone":
        st.caption(
            ":material/info: "
            + _(
                "The image set “{name}” of this run is not in this Lab. The network can still be used; its training, "
                "validation and test images are missing. If you have the exported set, add it on Data, then import "
                "this run again.",
                name=name,
            )
        )
