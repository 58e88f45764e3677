"""The strip on Home: draw a digit, and the built-in network reads it in the browser while the pen moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from cnnlab.runs import builtin
from cnnlab.ui import errors
from cnnlab.ui.components import canvas
from cnnlab.ui.components.live_network import component
from cnnlab.ui.components.live_network.component import LiveNetwork
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.shared import run_labels
from cnnlab.ui.text import _
from cnnlab.vision.digit_preprocessing import to_digit

_CSS = Path(__file__).with_suffix(".css")


@st.fragment
def body() -> None:
    """Draw the canvas, and the bars and layers of the built-in network. No worker is needed."""
    st.html(_CSS)
    left, right = st.columns([2, 5], gap="medium")
    with left:
        drawn = canvas.draw("home", inviting=True, pens=False)
    with right, errors.shown():
        _network(drawn)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                _("Draw a digit. The built-in network reads it while you draw, here in your browser."), width="stretch"
            )
            # The drawing goes along: the canvas of every page shows the same one.
            if st.button(_("Open in Draw"), icon=":material/draw:", type="tertiary", key="drawing-to-draw"):
                go("draw")


def _network(drawn: np.ndarray | None) -> None:
    run = builtin.run(builtin.ID)
    moment = lab().snapshots.of(run.id)[-1]
    network = LiveNetwork(
        lab().live_networks.key(run, moment),
        lab().live_networks.message(run, moment),
        run_labels.short(run),
        run.network,
        run.dataset.class_names,
        None if drawn is None else to_digit(drawn).image.reshape(run.network.input_shape),
    )
    component.show([network], "home-live", canvas=canvas.key_of("home"), steps={})
