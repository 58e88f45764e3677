"""The one Lab of this server."""

from __future__ import annotations

import sys

import streamlit as st

from cnnlab import settings
from cnnlab.errors import CNNLabError
from cnnlab.lab.lab import Lab
from cnnlab.ui import errors
from cnnlab.ui.session import session
from cnnlab.ui.text import _

FIRST_PAGE_SECONDS = 1.0
"""Delay before the workers start, so the first page appears: importing TensorFlow uses all cores for seconds."""

SWITCH_SECONDS = 0.001


def lab() -> Lab:
    """Return the one Lab of this server. If its folder cannot be used, show the error and stop the page."""
    try:
        return _lab()
    except CNNLabError as error:
        errors.show(error)
        st.stop()


@st.cache_resource(show_spinner=False)
def _lab() -> Lab:
    # Thread switch interval. Python's default of 5 ms adds up: a page that computes would delay the websocket thread
    # by that much at each of some twenty hand-overs per answer.
    sys.setswitchinterval(SWITCH_SECONDS)
    found = Lab(settings.from_environment(), start_engine=False)
    found.engine.start(after=FIRST_PAGE_SECONDS)
    return found


def show_damage() -> None:
    """Show that the database was damaged and replaced, until the user dismisses the message."""
    damage, seen = lab().store.damage, session().opened
    if damage is None or str(damage) in seen:
        return
    errors.show(damage)
    if st.button(_("Got it"), key="damage"):
        seen.add(str(damage))
        st.rerun()
