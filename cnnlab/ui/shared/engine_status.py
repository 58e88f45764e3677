"""Messages about workers that are starting or not running."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import watch
from cnnlab.ui.lab import lab
from cnnlab.ui.text import _

FOLLOW_SECONDS = 1.0
"""Interval between looks whether the workers have started."""


def engine_down(part: str = "") -> None:
    """Show that the workers are not running, with a button that restarts them.

    Args:
        part: the part of the page, if several can show this at the same time.
    """
    problem = lab().engine.problem
    if problem:
        errors.show(problem)
    st.warning(_("The training workers are not running."), icon=":material/power_off:")
    if st.button(_("Restart workers"), key=f"start-engine{part}"):
        lab().engine.start()
        st.rerun()


def starting() -> bool:
    """Return whether the workers are still starting."""
    return lab().engine.state == "starting"


def waiting_for_workers() -> bool:
    """Return whether the workers are still starting, and show that."""
    if not starting():
        return False
    st.info(_("The workers are starting; this takes a few seconds."), icon=":material/hourglass:")
    return True


def with_workers(body: Callable[[], object]) -> None:
    """Draw `body`, which uses the workers, as a fragment; redraw it once they have started."""
    before = starting()
    watch(body, starting, before, FOLLOW_SECONDS if before else None)


def errors_shown() -> errors.Shown:
    """Return `errors.shown` for code that uses the workers: while they are starting, it shows that instead."""
    return errors.Shown(_show_unless_starting)


def _show_unless_starting(error: CNNLabError) -> None:
    if not waiting_for_workers():
        errors.show(error)
