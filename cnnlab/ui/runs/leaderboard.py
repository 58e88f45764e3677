"""The best runs within a budget of parameters and time."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnnlab.evaluation.run_differences import leaderboard as ranked
from cnnlab.runs.run import Run
from cnnlab.ui import errors
from cnnlab.ui.runs.comparison import comparability_note
from cnnlab.ui.shared import datasets
from cnnlab.ui.text import _, duration, n_

MAX_RANKED = 20


def leaderboard(runs: Sequence[Run]) -> None:
    """Draw the ranking of the best runs on one dataset within a budget that the reader sets."""
    names = datasets.titles(run.dataset for run in runs)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = st.selectbox(_("Data"), list(names), format_func=names.__getitem__, key="board-data", width=260)
        parameters = st.number_input(
            _("Max parameters"), 1, value=None, placeholder=_("no limit"), key="board-parameters", width=200
        )
        seconds = st.number_input(
            _("Max training time (s)"), 1, value=None, placeholder=_("no limit"), key="board-seconds", width=200
        )
    found = ranked([run for run in runs if run.training.dataset == dataset], parameters, seconds)
    if not found:
        st.caption(_("No run fits this budget."))
        return
    comparability_note(found[:MAX_RANKED])
    head = "", _("Name"), _("Best validation accuracy"), _("Epoch"), _("Parameters"), _("Training time"), _("Nickname")
    lines = [head, ("---:", "---", *["---:"] * 4, "---")]
    for rank, run in enumerate(found[:MAX_RANKED], 1):
        figures = f"{run.best_val_accuracy:.2%}", str(run.best_epoch), f"{run.parameters:,}", duration(run.seconds)
        lines.append((str(rank), errors.plain(run.name), *figures, errors.plain(run.nickname) or "–"))
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
    if len(found) > MAX_RANKED:
        st.caption(
            n_(
                "{count} more run fits the budget.",
                "{count} more runs fit the budget.",
                count=len(found) - MAX_RANKED,
            )
        )
