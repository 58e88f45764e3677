"""Choosing a run and a moment of its training; going through the moments by itself."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnlab import builtin
from cnnlab.runs.record import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import live
from cnnlab.ui.frame import lab
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _

MOST_RUNS = 100
PLAY_SECONDS = 0.8
STEP_SECONDS = 0.4
FOLLOW_SECONDS = 1.0


def follow(body: Callable[[], None], training: bool = True) -> None:
    """Draw `body` as a fragment that is drawn anew by itself while something goes on: the time machine plays, the run
    that is looked at trains (where `training` matters to the page), or the workers are starting."""
    going_on = _going_on(training)

    def watched() -> None:
        if _going_on(training) != going_on:
            # The timer belongs to the fragment as it was begun: a whole rerun begins it anew, or ends it.
            st.rerun()
        body()

    seconds = {"": None, "playing": PLAY_SECONDS, "stepping": STEP_SECONDS}.get(going_on, FOLLOW_SECONDS)
    st.fragment(watched, run_every=seconds)()


def _going_on(training: bool) -> str:
    me = session()
    if me.time_playing:
        return "playing"
    if me.place.playing:
        return "stepping"
    if lab().engine.state == "starting":
        return "starting"
    return "training" if training and any(run.id == me.run for run in lab().going()) else ""


def waiting_for_workers() -> bool:
    """Whether the workers are only just starting; says so."""
    if lab().engine.state != "starting":
        return False
    st.info(_("The workers are starting; this takes a few seconds."), icon=":material/hourglass:")
    return True


def runs_with_weights() -> dict[str, Run]:
    """The newest runs that have kept weights, and the built-in networks, by their ids."""
    kept = (run for run in lab().runs()[:MOST_RUNS] if lab().has_moments(run.id))
    return {run.id: run for run in (*kept, *builtin.runs())}


def choose_run(key: str) -> Run:
    """A run that has kept weights, or a built-in network."""
    me, runs = session(), runs_with_weights()
    ids = list(runs)
    before = next((run for run in (me.looked, me.run) if run in runs), ids[0])
    chosen = st.selectbox(
        _("Run"),
        ids,
        index=ids.index(before),
        format_func=live.names(runs.values()).__getitem__,
        key=f"{key}-run",
    )
    if chosen != before:
        # Train follows runs only, so that a built-in network is remembered apart.
        me.looked = chosen if chosen in builtin.NAMES else None
        me.run = me.run if chosen in builtin.NAMES else chosen
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
            help=_(
                "The run keeps {count} moments of its training, {size:.1f} MB; with “snapshots” in the settings it "
                "keeps fewer.",
                count=len(moments),
                size=lab().snapshot_bytes(run.id) / 1e6,
            ),
        )
        if chosen != at:
            me.moment = moments[chosen] if chosen < len(moments) - 1 else None
            redraw()
        if st.button(
            _("Play"), icon=":material/play_arrow:", key=f"{key}-play", help=_("From the beginning to the end.")
        ):
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
