"""Which run Train follows, and which one is shown beside it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnnlab.runs.record import Run
from cnnlab.ui import live
from cnnlab.ui.frame import lab
from cnnlab.ui.state import session
from cnnlab.ui.text import _

MOST_RUNS = 100
"""The newest runs, to choose among."""


def run(followed: Run | None) -> None:
    """Choose the run to follow, where there are any; `followed` is the present one."""
    runs = _runs(followed)
    if runs:
        _followed(live.names(runs.values()), followed)


def _followed(names: Mapping[str, str], followed: Run | None) -> None:
    """The list of runs, by id, with the one that is followed."""
    ids = list(names)
    chosen = st.selectbox(
        _("Run"),
        ids,
        index=ids.index(followed.id) if followed else None,
        format_func=names.__getitem__,
        placeholder=_("choose a run"),
        # Chosen things keep the words that they were chosen by: another state begins anew.
        key=f"run-{followed.id}-{followed.state}" if followed else "run",
    )
    if chosen and (not followed or chosen != followed.id):
        session().run = st.query_params["run"] = chosen
        st.rerun()


def compared(followed: Run) -> Run | None:
    """Choose another run to follow, or one to show beside it; returns the latter."""
    me, runs = session(), _runs(followed)
    others = [other for other in runs if other != followed.id]
    if not others:
        return None
    with st.container(horizontal=True, key="which-run"):
        names = live.names(runs.values())
        _followed(names, followed)
        me.compared = st.selectbox(
            _("Compare with"),
            others,
            index=others.index(me.compared) if me.compared in others else None,
            format_func=names.__getitem__,
            placeholder=_("no other run"),
            key=f"compared-{followed.id}",
        )
    return runs.get(me.compared or "")


def _runs(followed: Run | None) -> dict[str, Run]:
    """The newest runs, and the one that is followed, by id."""
    runs = {other.id: other for other in lab().runs()[:MOST_RUNS]}
    return runs | {followed.id: followed} if followed else runs
