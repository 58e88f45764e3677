"""Filters: change nine numbers and see the picture change."""

import streamlit as st

from cnnlab.ui import design, frame, learned, pictures, timemachine
from cnnlab.ui.state import session
from cnnlab.ui.text import _

frame.come_in("filters")
frame.title(_("Filters"), _("Change a kernel, pool a feature map, or look at the filters that a network has learned."))


def body() -> None:
    """The whole page is one fragment: a change draws no more than this anew."""
    if session().place.playing:
        session().place.advance()
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


timemachine.follow(body)
