"""Steering a run from the Train page: pause and steps, another learning rate, stopping, more epochs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.runs.record import Run, State
from cnnlab.steering import HIGHEST_RATE, LOWEST_RATE
from cnnlab.training.history import History
from cnnlab.ui import errors
from cnnlab.ui.frame import lab
from cnnlab.ui.state import has_been_open, session
from cnnlab.ui.text import _, translate

MORE_EPOCHS = 5

Phase = State | Literal["paused"]


def phase(run: Run, history: History) -> Phase:
    """A run's state, of which running has a second kind."""
    return "paused" if run.state == "running" and history.paused else run.state


def buttons(run: Run, history: History) -> None:
    """What can be done with the run now."""
    if run.state == "running" and not lab().recorded(run.id):
        _while_it_trains(run, history)
    if run.going and st.button(_("Stop"), icon=":material/stop:", key="stop"):
        _do(lambda: lab().stop(run.id))
    if run.resumable and st.button(_("Resume"), icon=":material/resume:", key="resume", type="primary"):
        _do(lambda: lab().resume(run.id))
    if run.state == "finished" and not lab().recorded(run.id):
        more_epochs(run)


def _while_it_trains(run: Run, history: History) -> None:
    if history.paused:
        if st.button(_("Go on"), icon=":material/play_arrow:", key="go-on", type="primary"):
            _do(lambda: lab().go_on(run.id))
        together = run.training.steps_per_execution
        one = _("One batch") if together == 1 else _("{count} batches", count=together)
        if st.button(one, icon=":material/skip_next:", key="step-batch"):
            _do(lambda: lab().step(run.id, "batch"))
        if st.button(_("One epoch"), icon=":material/fast_forward:", key="step-epoch"):
            _do(lambda: lab().step(run.id, "epoch"))
    elif st.button(_("Pause"), icon=":material/pause:", key="pause"):
        _do(lambda: lab().pause(run.id))
    key = f"steer-{run.id}"
    with st.popover(_("Steer"), icon=":material/tune:", key=key, on_change="rerun") as opened:
        if has_been_open(opened, key):
            _steer(run, history)


def _steer(run: Run, history: History) -> None:
    latest = history.epochs[-1].learning_rate if history.epochs else run.training.learning_rate
    with st.form(f"rate-{run.id}", border=False):
        rate = st.number_input(
            _("Learning rate from the next batch on"),
            LOWEST_RATE,
            HIGHEST_RATE,
            value=latest if LOWEST_RATE <= latest <= HIGHEST_RATE else run.training.learning_rate,
            format="%g",
            step=None,
            help=_("A schedule goes on from it; the chart marks the change."),
        )
        if st.form_submit_button(_("Change it"), icon=":material/speed:"):
            _do(lambda: lab().set_learning_rate(run.id, rate))
    if st.button(
        _("Stop after this epoch"),
        icon=":material/stop_circle:",
        key="stop-after",
        help=_("The weights of the best epoch are kept where the settings say so (save_best or early_stopping)."),
    ):
        _do(lambda: lab().stop(run.id, after_epoch=True))


def more_epochs(run: Run) -> None:
    """Train an ended run on."""
    key = f"continue-{run.id}"
    with st.popover(_("More epochs"), icon=":material/resume:", key=key, on_change="rerun") as opened:
        if not has_been_open(opened, key):
            return
        st.caption(_("The same run goes on from where it ended."))
        more = st.number_input(_("So many more"), 1, value=MORE_EPOCHS, key=f"more-{run.id}")
        if st.button(_("Go on"), type="primary", icon=":material/play_arrow:", key=f"go-on-{run.id}"):
            _do(lambda: lab().continue_run(run.id, int(more)))


def _do(action: Callable[[], None]) -> None:
    try:
        action()
    except CNNLabError as error:
        errors.show(error)
        return
    st.rerun()


def queue() -> None:
    """The runs that wait, in their order, each with a way out of the queue."""
    waiting = lab().waiting()
    if not waiting:
        return
    with st.expander(_("Runs in the queue: {count}", count=len(waiting)), icon=":material/hourglass:"):
        for place, run in enumerate(waiting, 1):
            with st.container(horizontal=True, vertical_alignment="center"):
                data = DATASETS[run.training.dataset].title
                st.markdown(f"{place}. **{errors.plain(run.name)}** :small[:gray[{translate(data)}]]", width="stretch")
                mine = run.who == session().who
                if mine and st.button(_("Leave the queue"), key=f"leave-{run.id}"):
                    _do(partial(lab().stop, run.id))
