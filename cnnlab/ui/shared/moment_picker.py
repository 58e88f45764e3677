"""Select a run and one of its snapshots, and play the snapshots."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.runs import builtin
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui.components.fragments import redraw, watch
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session
from cnnlab.ui.shared import run_labels
from cnnlab.ui.text import _, n_

MAX_RUNS = 100
PLAY_SECONDS = 0.8
FOLLOW_SECONDS = 1.0


def follow(body: Callable[[], None], training: bool = True) -> None:
    """Draw `body` as a fragment that reruns automatically while something is in progress.

    That is: the snapshots are playing, the shown run is training (if `training` matters to the page), or the workers
    are starting.
    """
    activity = _activity(training)
    seconds = {"": None, "playing": PLAY_SECONDS}.get(activity, FOLLOW_SECONDS)
    watch(body, lambda: _activity(training), activity, seconds)


def _activity(training: bool) -> str:
    """Return what is in progress; empty if nothing is."""
    me = session()
    if me.time_playing:
        return "playing"
    if lab().engine.state == "starting":
        return "starting"
    return "training" if training and any(run.id == me.run for run in lab().runs.active()) else ""


def runs_with_weights() -> dict[str, Run]:
    """Return the newest runs with snapshots, and the built-in networks, by id."""
    kept = (run for run in lab().runs.all()[:MAX_RUNS] if lab().snapshots.any(run.id))
    return {run.id: run for run in (*kept, *builtin.runs())}


def bar() -> DeltaGenerator:
    """Return the bar for `choose` and for what belongs next to it."""
    return st.container(horizontal=True, vertical_alignment="bottom", key="run-bar")


def choose(key: str, default: str = "") -> tuple[Run, Moment]:
    """Draw the choice of a run and of its snapshot, and return them; other pages begin with the same choice."""
    run = choose_run(key, default)
    return run, choose_moment(run, key)


def choose_run(key: str, default: str = "") -> Run:
    """Draw the list of runs with snapshots and built-in networks, and return the selected one.

    Args:
        default: the run to begin with if none was selected on any page; "" for the newest.
    """
    me, runs = session(), runs_with_weights()
    ids = list(runs)
    before = next((run for run in (me.builtin_run, me.run, default) if run in runs), ids[0])
    chosen = st.selectbox(
        _("Run"),
        ids,
        index=ids.index(before),
        format_func=run_labels.names(runs.values()).__getitem__,
        key=f"{key}-run",
        label_visibility="collapsed",
    )
    if chosen != before:
        # Train only follows runs, so a built-in network is stored separately.
        me.builtin_run = chosen if chosen in builtin.NAMES else None
        me.run = me.run if chosen in builtin.NAMES else chosen
    return runs[chosen]


def choose_moment(run: Run, key: str) -> Moment:
    """Draw the slider over the run's snapshots, and a play button. Return the selected one, by default the latest."""
    me, moments = session(), lab().snapshots.of(run.id)
    at = moments.index(me.moment) if me.moment in moments else len(moments) - 1
    if me.time_playing:
        at = 0 if me.moment is None else min(at + 1, len(moments) - 1)
        me.moment, me.time_playing = moments[at], at < len(moments) - 1
        if not me.time_playing:
            st.rerun()
    if len(moments) == 1:
        return moments[0]
    chosen = st.select_slider(
        _("Snapshot"),
        range(len(moments)),
        value=at,
        format_func=lambda k: name(moments[k]),
        key=f"{key}-moment-{run.id}-{at}-{len(moments)}",
        label_visibility="collapsed",
    )
    if chosen != at:
        me.moment = moments[chosen] if chosen < len(moments) - 1 else None
        redraw()
    size = n_(
        "{count} snapshot, {size:.1f} MB. Change the setting “Snapshots” to keep fewer.",
        "{count} snapshots, {size:.1f} MB. Change the setting “Snapshots” to keep fewer.",
        count=len(moments),
        size=lab().snapshots.size(run.id) / 1e6,
    )
    about = _("Play all snapshots, from first to last.")
    if st.button(_("Play"), icon=":material/play_arrow:", key=f"{key}-play", help=f"{about} {size}"):
        me.time_playing, me.moment = True, None
        st.rerun()
    return moments[at]


def name(moment: Moment) -> str:
    """Return a snapshot's label."""
    if moment == Moment(0):
        return _("untrained")
    if moment.step:
        return _("batch {step}", step=moment.step)
    return _("epoch {epoch}", epoch=moment.epoch)
