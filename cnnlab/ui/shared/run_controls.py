"""Control a run: pause and step, change the learning rate, stop, train for more epochs; and the queue."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import streamlit as st

from cnnlab.lab.run_control import MAX_LEARNING_RATE, MIN_LEARNING_RATE
from cnnlab.runs.run import Run, State
from cnnlab.training.history import History
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import when_open
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session
from cnnlab.ui.text import _, n_, translate

DEFAULT_MORE_EPOCHS = 5

Phase = State | Literal["paused"]


def phase(run: Run, history: History) -> Phase:
    """Return a run's state, with "paused" as a second kind of "running"."""
    return "paused" if run.state == "running" and history.paused else run.state


def buttons(run: Run, history: History) -> None:
    """Draw the buttons for what is possible with the run now."""
    if run.state == "running" and not lab().control.external(run.id):
        _training_buttons(run, history)
    if run.active and st.button(_("Stop"), icon=":material/stop:", key="stop"):
        _do(lambda: lab().control.stop(run.id))
    if run.resumable and st.button(_("Resume"), icon=":material/resume:", key="resume", type="primary"):
        _do(lambda: lab().runs.resume(run.id))
    if run.state == "finished" and not lab().control.external(run.id):
        more_epochs(run)


def _training_buttons(run: Run, history: History) -> None:
    if history.paused:
        if st.button(_("Continue"), icon=":material/play_arrow:", key="go-on", type="primary"):
            _do(lambda: lab().control.unpause(run.id))
        step = n_("One batch", "{count} batches", count=run.training.steps_per_execution)
        if st.button(step, icon=":material/skip_next:", key="step-batch"):
            _do(lambda: lab().control.step(run.id, "batch"))
        if st.button(_("One epoch"), icon=":material/fast_forward:", key="step-epoch"):
            _do(lambda: lab().control.step(run.id, "epoch"))
    elif st.button(_("Pause"), icon=":material/pause:", key="pause"):
        _do(lambda: lab().control.pause(run.id))
    key = f"steer-{run.id}"
    when_open(st.popover, _("Adjust"), key, lambda: _adjust(run, history), form=key, icon=":material/tune:")


def _adjust(run: Run, history: History) -> None:
    latest = history.epochs[-1].learning_rate if history.epochs else run.training.learning_rate
    with st.form(f"rate-{run.id}", border=False):
        rate = st.number_input(
            _("Learning rate (from the next batch)"),
            MIN_LEARNING_RATE,
            MAX_LEARNING_RATE,
            value=latest if MIN_LEARNING_RATE <= latest <= MAX_LEARNING_RATE else run.training.learning_rate,
            format="%g",
            step=None,
            help=_("A schedule continues from this rate. The chart marks the change."),
        )
        if st.form_submit_button(_("Apply"), icon=":material/speed:"):
            _do(lambda: lab().control.set_learning_rate(run.id, rate))
    if st.button(
        _("Stop after this epoch"),
        icon=":material/stop_circle:",
        key="stop-after",
        help=_("Keeps the weights of the best epoch where “Save best weights” or “Early stopping” is on."),
    ):
        _do(lambda: lab().control.stop(run.id, after_epoch=True))


def more_epochs(run: Run) -> None:
    """Draw the form that continues a finished run for more epochs."""
    key = f"continue-{run.id}"
    when_open(st.popover, _("More epochs"), key, lambda: _more_epochs(run), form=key, icon=":material/resume:")


def _more_epochs(run: Run) -> None:
    st.caption(_("Continues this run from where it stopped."))
    epochs = st.number_input(_("Additional epochs"), 1, value=DEFAULT_MORE_EPOCHS, key=f"more-{run.id}")
    if st.button(_("Continue"), type="primary", icon=":material/play_arrow:", key=f"go-on-{run.id}"):
        _do(lambda: lab().runs.add_epochs(run.id, int(epochs)))


@errors.shown()
def _do(action: Callable[[], None]) -> None:
    action()
    st.rerun()


def queue() -> None:
    """Draw the queue; users can remove their own runs from it."""
    queued = lab().runs.waiting()
    if not queued:
        return
    with st.expander(_("Runs in the queue: {count}", count=len(queued)), icon=":material/hourglass:"):
        for position, run in enumerate(queued, 1):
            with st.container(horizontal=True, vertical_alignment="center"):
                data = errors.plain(translate(run.dataset.title))
                st.markdown(f"{position}. **{errors.plain(run.name)}** :small[:gray[{data}]]", width="stretch")
                mine = run.who == session().who
                if mine and st.button(_("Remove from queue"), key=f"leave-{run.id}"):
                    _do(partial(lab().control.stop, run.id))
