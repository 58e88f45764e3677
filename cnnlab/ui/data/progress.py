"""Something that is being done with an image set: how far it is, a button that stops it, and how it ended."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cnnlab.datasets.image_sets.tasks import Task
from cnnlab.lab.image_set_jobs import Job
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import pressed, redraw, watch
from cnnlab.ui.data.state import DataState
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.text import _

LOOK_SECONDS = 0.4


def follow(job: Job) -> None:
    """Draw how far a running job is, and rerun the page when it has ended."""
    watch(partial(_bar, job), lambda: job.state, "running", LOOK_SECONDS)


def _bar(job: Job) -> None:
    text = _("{done:,} of {count:,} images", done=job.done, count=job.count) if job.count else _("Opening the files …")
    st.progress(min(job.done / max(job.count, 1), 1.0), text=text)
    if pressed(st.button, _("Stop"), icon=":material/stop:", key="set-stop"):
        lab().image_set_jobs.stop(job.id)
        st.rerun()


def change(task: Task) -> None:
    """Begin to change the image set that is shown, and rerun the page."""
    with errors.shown():
        state(DataState).job = lab().image_set_jobs.start(task)
        redraw()


def running() -> bool:
    """Return whether the shown image set is being changed."""
    job = lab().image_set_jobs.get(state(DataState).job)
    return job is not None and job.state == "running"


def show() -> None:
    """Draw how far a change of the shown image set is, or once, why it could not be made."""
    page = state(DataState)
    job = lab().image_set_jobs.get(page.job)
    if job is None:
        return
    if job.state == "running":
        follow(job)
        return
    if job.error:
        errors.show(job.error)
    elif job.state == "stopped":
        st.info(_("Stopped. Nothing was changed."), icon=":material/stop:")
    page.job = ""
