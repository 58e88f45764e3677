"""Filters: change nine numbers and see the picture change."""

import streamlit as st

from cnnlab.ui import design, frame, learned, pictures, timemachine
from cnnlab.ui.state import session
from cnnlab.ui.text import _

frame.come_in("filters")
frame.title(_("Filters"), _("Change the numbers of a kernel and see what it makes of a picture."))

STEP_SECONDS = 0.4


def body() -> None:
    """The whole page is one fragment: a change draws no more than this anew."""
    picture = pictures.choose("filters")
    tabs = st.tabs([_("Design"), _("Pooling"), _("Learned")], on_change="rerun", key="filter-tabs")
    if picture is None:
        return
    if tabs[0].open:
        with tabs[0]:
            design.workspace(picture)
    if tabs[1].open:
        with tabs[1]:
            design.pooling(picture)
    if tabs[2].open:
        with tabs[2]:
            learned.body(picture)


def play() -> None:
    """One pixel further, then the page."""
    session().place.advance()
    body()


playing = session().place.playing
st.fragment(play if playing else body, run_every=STEP_SECONDS if playing else timemachine.interval())()
