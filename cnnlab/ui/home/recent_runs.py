"""Cards for the newest runs."""

from __future__ import annotations

import streamlit as st

from cnnlab.runs.run import Run
from cnnlab.ui import errors
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.shared.run_labels import STATES
from cnnlab.ui.text import _, ago, translate


def run_list(runs: list[Run]) -> None:
    """Draw a card for each run, active runs first, with a button that opens it."""
    for run in sorted(runs, key=lambda run: not run.active):
        label, color = STATES[run.state]
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{errors.plain(run.name)}**", width="content")
            st.badge(translate(label), color=color)  # type: ignore[arg-type]
            facts, epochs = [errors.plain(translate(run.dataset.title))], lab().runs.history(run.id).epochs
            if epochs:
                facts.append(_("validation accuracy {accuracy:.2%}", accuracy=epochs[-1].val_accuracy))
            st.caption(" · ".join([*facts, ago(run.created)]), width="stretch")
            if st.button(_("Open"), key=f"open-{run.id}"):
                go("train", run=run.id)
