"""What pages say of runs: their states and names, how long, the list of them, and that the workers are gone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

import streamlit as st
from babel.dates import format_timedelta

from cnnlab import builtin
from cnnlab.datasets import DATASETS
from cnnlab.figures.history import Metric
from cnnlab.marks import N_
from cnnlab.runs.record import Run, State
from cnnlab.ui import errors
from cnnlab.ui.frame import lab
from cnnlab.ui.text import _, language, translate

POLL_SECONDS = 0.5
METRICS: tuple[Metric, ...] = ("loss", "accuracy")

STATES: Mapping[State, tuple[str, str]] = {
    "queued": (N_("waiting"), "gray"),
    "running": (N_("running"), "blue"),
    "finished": (N_("finished"), "green"),
    "stopped": (N_("stopped"), "orange"),
    "failed": (N_("failed"), "red"),
    "interrupted": (N_("interrupted"), "orange"),
}
"""State -> its word and its badge's colour."""


def duration(seconds: float) -> str:
    """Hours and minutes, or minutes and seconds, in words."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    if minutes:
        return _("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return _("{seconds} s", seconds=rest)


def engine_down() -> None:
    """Say that the workers are gone, and offer to start them."""
    problem = lab().engine.problem
    if problem:
        errors.show(problem)
    st.warning(_("The workers that train are not running."), icon=":material/power_off:")
    if st.button(_("Start them again"), key="start-engine"):
        lab().engine.start()
        st.rerun()


def ago(moment: float) -> str:
    """How long ago a moment was, in words, in one unit."""
    past = timedelta(seconds=moment - time.time())
    if past > timedelta(minutes=-1):
        return _("just now")
    return format_timedelta(past, add_direction=True, locale=language())


def _named(run: Run) -> str:
    """A run in one line, what tells it from others first: name, state, when, data."""
    if run.id in builtin.NAMES:
        return short(run)
    data, state = translate(DATASETS[run.training.dataset].title), translate(STATES[run.state][0])
    return f"{run.name} · {state} · {ago(run.created)} · {data}"


def names(runs: Iterable[Run]) -> dict[str, str]:
    """Run -> its line in a list to choose from. Streamlit tells choices apart by their words only, so those that would
    be alike have the first digits of their ids besides."""
    lines = {run.id: _named(run) for run in runs}
    times = Counter(lines.values())
    return {run: f"{line} · {run[:6]}" if times[line] > 1 else line for run, line in lines.items()}


def short(run: Run) -> str:
    """A run's name, as plain text."""
    return translate(run.name) if run.id in builtin.NAMES else run.name


def run_list(runs: list[Run]) -> None:
    """Runs as cards, those that are going first, each with a way to it."""
    for run in sorted(runs, key=lambda run: not run.going):
        word, colour = STATES[run.state]
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{errors.plain(run.name)}**", width="content")
            st.badge(translate(word), color=colour)  # type: ignore[arg-type]
            facts, epochs = [translate(DATASETS[run.training.dataset].title)], lab().history(run.id).epochs
            if epochs:
                facts.append(_("validation accuracy {accuracy:.2%}", accuracy=epochs[-1].val_accuracy))
            st.caption(" · ".join([*facts, ago(run.created)]), width="stretch")
            if st.button(_("Open"), key=f"open-{run.id}"):
                st.switch_page("pages/train.py", query_params={"run": run.id})
