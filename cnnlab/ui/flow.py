"""The strip on Home: a digit flows through the built-in network, from its pixels to the answer."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from cnnlab import builtin
from cnnlab.datasets import scaled
from cnnlab.errors import CNNLabError
from cnnlab.figures.flow import FlowData, flow_data
from cnnlab.network.shapes import summarize
from cnnlab.ui import errors
from cnnlab.ui.frame import lab
from cnnlab.ui.state import session
from cnnlab.ui.text import _

_CSS = Path(__file__).parent / "assets" / "flow.css"
_WAIT_SECONDS = 1.0
_DIGITS = "mnist-5k"


def strip() -> None:
    """The whole strip; until the workers are there it says what it waits for."""
    st.html(_CSS)
    with st.container(key="flow"):
        if lab().engine.state == "ready":
            st.fragment(_strip)()
        else:
            st.caption(_("The built-in network is on its way. In a moment a digit flows through it here."))
            st.fragment(_wait, run_every=_WAIT_SECONDS)()


def _wait() -> None:
    """Draw the page anew once the workers are there: the timer ends with it."""
    if lab().engine.state == "ready":
        st.rerun()


def _strip() -> None:
    try:
        data = _flow(session().flowing)
    except CNNLabError as error:
        errors.show(error)
        return
    st.html(_html(data))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            _(
                "A handwritten digit on its way through the built-in network: it takes it for {answer}. Of each "
                "layer's feature maps the four that vary most are shown.",
                answer=data.answer,
            ),
            width="content",
        )
        if st.button(_("Another digit"), icon=":material/refresh:", type="tertiary", key="another-digit"):
            session().flowing += 1
            st.rerun(scope="fragment")


@st.cache_data(max_entries=100, show_spinner=False)
def _flow(number: int) -> FlowData:
    """The way of a test digit. What raises is not kept."""
    images = lab().dataset(_DIGITS).x_test
    image, run = scaled(images[number % len(images)]), builtin.run(builtin.ID)
    outputs = lab().feature_maps(run, lab().moments(run.id)[-1], image)
    return flow_data(image, summarize(run.network).rows, outputs)


def _html(data: FlowData) -> str:
    kinds = {"Input": _("Image"), "Conv2D": _("Convolution"), "MaxPooling2D": _("Pooling")}
    answer = _("Answer")
    stops = []
    for at, stage in enumerate(data.stages):
        height, width, channels = stage.shape
        size = _("{count} maps, {height}×{width}", count=channels, height=height, width=width)
        below = size if at else f"{height}×{width}"
        stops.append(
            f'<li style="--at: {at}"><img src="{stage.source}" alt="">'
            f"<b>{escape(kinds[stage.kind])}</b><small>{escape(below)}</small></li>"
        )
    bars = "".join(
        f'<span{" class=answer" if digit == data.answer else ""}>{digit}<i style="width: {probability:.0%}"></i></span>'
        for digit, probability in enumerate(data.probabilities)
    )
    stops.append(
        f'<li style="--at: {len(stops)}"><div aria-hidden="true">{bars}</div>'
        f"<b>{escape(answer)}</b><small>{data.probabilities[data.answer]:.1%}</small></li>"
    )
    return f'<ol class="cnnlab-flow">{"".join(stops)}</ol>'
