"""Build: put layers together and see what each does to the data and what it costs."""

import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.errors import NetworkError
from cnnlab.network.mending import Needs
from cnnlab.network.shapes import check, summarize
from cnnlab.ui import cards, choose, frame, overview, tables
from cnnlab.ui.state import has_been_open, redraw, session
from cnnlab.ui.text import _

frame.come_in("build")
frame.title(_("Build"), _("Put layers together, and see what each does to the data and what it costs."))
lab, me = frame.lab(), session()


def toolbar() -> None:
    """Where to start from, the data, the ways back and forth, and on to training."""
    choose.start_from()
    choose.dataset()
    undo = st.button(_("Undo"), icon=":material/undo:", key="undo", disabled=not me.edits.past)
    redo = st.button(_("Redo"), icon=":material/redo:", key="redo", disabled=not me.edits.future)
    if undo or redo:
        me.edits.undo() if undo else me.edits.redo()
        me.edition += 1
        redraw()


@st.fragment
def workbench() -> None:
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    left, right = st.columns([10, 11], gap="large")
    with left:
        network, drawn = cards.draw(me.network, f"layer-{me.edition}")
    me.network = network
    with bar:  # Last, since what was just entered can be undone.
        toolbar()
    info = DATASETS[me.training.dataset]
    summary, needs, error = summarize(network), Needs(info.input_shape, len(info.class_names)), None
    try:
        check(network, info.input_shape, len(info.class_names), lab.settings.max_parameters)
    except NetworkError as found:
        error = found
    cards.fill(drawn, summary.rows, error, needs)
    with right, st.container(key="overview"):
        if error and error.layer is None:
            cards.mistake(error, needs)
        overview.drawing(network, summary)
        overview.totals(summary)
        overview.advise(network, summary)
        if st.button(
            _("Train this network"),
            type="primary",
            icon=":material/play_arrow:",
            key="train",
            disabled=error is not None,
        ):
            st.switch_page("pages/train.py")
        tabs = st.tabs([_("Table"), _("Keras code"), _("Share"), _("Settings")], on_change="rerun", key="build-tabs")
        bodies = (
            lambda: tables.layer_table(network),
            lambda: overview.keras_code(network, me.training),
            lambda: overview.share(network, me.training),
            overview.settings,
        )
        for tab, body in zip(tabs, bodies, strict=True):
            if tab.open or (body is overview.settings and has_been_open(tab, "settings")):
                with tab:
                    body()
    frame.keep_in_link()


frame.take_link()
workbench()
