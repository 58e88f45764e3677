"""Select the run that Train shows, and another one to compare it with."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnnlab.runs.run import Run
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import moment_picker, run_labels
from cnnlab.ui.text import _
from cnnlab.ui.train.state import TrainState

MAX_RUNS = 100
"""Maximum number of runs in the lists, newest first."""


def run(followed: Run | None) -> None:
    """Draw the list of runs, if there are any; `followed` is the current one."""
    runs = _runs(followed)
    if runs:
        _followed(run_labels.names(runs.values()), followed)


def _followed(names: Mapping[str, str], followed: Run | None) -> None:
    """Draw the list of runs, given by id, and switch to the selected one."""
    ids = list(names)
    chosen = st.selectbox(
        _("Run"),
        ids,
        index=ids.index(followed.id) if followed else None,
        format_func=names.__getitem__,
        placeholder=_("Choose a run"),
        # A selectbox remembers its option by label, so the key changes whenever the run's state (part of the label)
        # does.
        key=f"run-{followed.id}-{followed.state}" if followed else "run",
        label_visibility="collapsed",
    )
    if chosen and (not followed or chosen != followed.id):
        session().run = st.query_params["run"] = chosen
        st.rerun()


def compared(followed: Run) -> Run | None:
    """Draw the lists of the run to follow and the run to compare with; return the latter."""
    me, runs = state(TrainState), _runs(followed)
    others = [other for other in runs if other != followed.id]
    if not others:
        return None
    with moment_picker.bar():
        names = run_labels.names(runs.values())
        _followed(names, followed)
        me.compared = st.selectbox(
            _("Compare with"),
            others,
            index=others.index(me.compared) if me.compared in others else None,
            format_func=names.__getitem__,
            placeholder=_("Compare with another run"),
            key=f"compared-{followed.id}",
            label_visibility="collapsed",
        )
    return runs.get(me.compared or "")


def _runs(followed: Run | None) -> dict[str, Run]:
    """Return the newest runs, and the one that is followed, by id."""
    runs = {other.id: other for other in lab().runs.all()[:MAX_RUNS]}
    return runs | {followed.id: followed} if followed else runs
