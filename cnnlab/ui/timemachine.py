"""Choosing a run and a moment of its training; going through the moments by itself."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnlab.runs.record import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import live
from cnnlab.ui.frame import lab
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _

PLAY_SECONDS = 0.8
STEP_SECONDS = 0.4
FOLLOW_SECONDS = 1.0


def follow(body: Callable[[], None]) -> None:
    """Draw `body` as a fragment that is drawn anew by itself while something goes on: the time machine plays, the run
    that is looked at trains, or the workers are starting."""
    going_on = _going_on()

    def watched() -> None:
        if _going_on() != going_on:
            # The timer belongs to the fragment as it was begun: a whole rerun begins it anew, or ends it.
            st.rerun()
        body()

    seconds = {"": None, "playing": PLAY_SECONDS, "stepping": STEP_SECONDS}.get(going_on, FOLLOW_SECONDS)
    st.fragment(watched, run_every=seconds)()


def _going_on() -> str:
    me = session()
    if me.time_playing:
        return "playing"
    if me.place.playing:
        return "stepping"
    if lab().engine.state == "starting":
        return "starting"
    return "training" if any(run.id == me.run for run in lab().going()) else ""


def waiting_for_workers() -> bool:
    """Whether the workers are only just starting; says so."""
    if lab().engine.state != "starting":
        return False
    st.info(_("The workers are starting; this takes a few seconds."), icon=":material/hourglass:")
    return True


def choose_run(key: str) -> Run | None:
    """A run that has kept weights; None (with what to do first) where there is none."""
    me = session()
    runs = {run.id: run for run in lab().runs()[:100] if lab().moments(run.id)}
    if not runs:
        st.info(_("No network has been trained yet. Train one first: it takes about ten seconds."))
        if st.button(_("Train a first network"), icon=":material/play_arrow:", type="primary", key=f"{key}-train"):
            st.switch_page("pages/train.py")
        return None
    ids = list(runs)
    chosen = st.selectbox(
        _("Run"),
        ids,
        index=ids.index(me.run) if me.run in runs else 0,
        format_func=lambda run: live.named(runs[run]),
        key=f"{key}-run",
    )
    me.run = chosen
    return runs[chosen]


def choose_moment(run: Run, key: str) -> Moment:
    """The slider over the run's moments, with the way to play them; the last one at first, and while it trains."""
    me, moments = session(), lab().moments(run.id)
    at = moments.index(me.moment) if me.moment in moments else len(moments) - 1
    if me.time_playing:
        at = 0 if me.moment is None else min(at + 1, len(moments) - 1)
        me.moment, me.time_playing = moments[at], at < len(moments) - 1
        if not me.time_playing:
            st.rerun()
    if len(moments) == 1:
        return moments[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.select_slider(
            _("Moment of the training"),
            range(len(moments)),
            value=at,
            format_func=lambda k: name(moments[k]),
            key=f"{key}-moment-{run.id}-{at}-{len(moments)}",
        )
        if chosen != at:
            me.moment = moments[chosen] if chosen < len(moments) - 1 else None
            redraw()
        if st.button(_("Play from the beginning"), icon=":material/play_arrow:", key=f"{key}-play"):
            me.time_playing, me.moment = True, None
            st.rerun()
    return moments[at]


def name(moment: Moment) -> str:
    """A moment in words."""
    if moment == Moment(0):
        return _("before")
    if moment.step:
        return _("batch {step}", step=moment.step)
    return _("epoch {epoch}", epoch=moment.epoch)
