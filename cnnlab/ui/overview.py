"""Beside the cards: the drawing, the totals, the advice; and in tabs the table, the code, sharing, the settings."""

from __future__ import annotations

import streamlit as st

from cnnlab.errors import CNNLabError, NetworkError
from cnnlab.figures.architecture import architecture_data, architecture_figure
from cnnlab.figures.style import to_json
from cnnlab.network import advice, code, link
from cnnlab.network.shapes import Summary
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui import choose, errors, forms
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _, translate

MAX_FILE = 1
"""Megabytes (of 1,048,576 bytes) of a network's file that are looked at."""


def drawing(network: NetworkSpec, summary: Summary) -> None:
    """The network as blocks; as PNG or SVG with the buttons below it."""
    data = architecture_data(network, summary)
    alt = _("The network as blocks, from the input to layer {count}.", count=len(summary.rows))
    chart = Chart(to_json(architecture_figure(data, translate)), alt, download=network.name or "network")
    # A chart does not follow its width: with another one it begins anew.
    live_charts([chart], key=f"drawing-{data.columns}", width=data.width)


def totals(summary: Summary) -> None:
    """What the whole network costs."""
    with st.container(horizontal=True, gap="small"):
        st.metric(_("Parameters"), f"{summary.parameters:,}", width="content")
        st.metric(
            _("Trainable"),
            f"{summary.trainable:,}",
            width="content",
            help=_(
                "The parameters that the optimizer changes. Others are frozen, or averages of what has passed through."
            ),
        )
        st.metric(
            _("Multiply-adds an image"),
            f"{summary.multiply_adds:,}",
            width="content",
            help=_("How often the network multiplies two numbers and adds the product, for one image: its work."),
        )


def advise(network: NetworkSpec, summary: Summary) -> None:
    """Quiet advice; what the reader has dismissed stays away."""
    me = session()
    for one in advice.advise(network, summary):
        if (one.rule, network.layers[one.layer]) in me.dismissed:
            continue
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
            place, sentence = _("Layer {number}", number=one.layer + 1), errors.plain(one.sentence(translate))
            st.caption(f":material/lightbulb: **{place}:** {sentence}")
            key = f"dismiss-{one.rule}-{one.layer}"
            if st.button("", icon=":material/close:", type="tertiary", help=_("Dismiss this advice"), key=key):
                me.dismissed.add((one.rule, network.layers[one.layer]))
                redraw()


def keras_code(network: NetworkSpec, training: TrainingSpec) -> None:
    """The script that does the same without the Lab."""
    script = code.script(network, training, translate)
    name = network.name or "network"
    with st.container(horizontal=True):
        st.download_button(
            _("Script (.py)"), script, f"{name}.py", "text/x-python", icon=":material/download:", on_click="ignore"
        )
        notebook = code.notebook(network, training, translate)
        st.download_button(
            _("Notebook (.ipynb)"),
            notebook,
            f"{name}.ipynb",
            "application/x-ipynb+json",
            icon=":material/download:",
            on_click="ignore",
        )
    st.code(script, language="python")


def share(network: NetworkSpec, training: TrainingSpec) -> None:
    """A link, a file, a name in the Lab; and the ways back in."""
    st.markdown(_("**A link** that carries the network and its settings:"))
    st.code(
        f"{(st.context.url or '').split('?')[0]}?n={link.encode(network, training)}", language=None, wrap_lines=True
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        given = st.text_input(_("Keep it in this Lab under a name"), value=network.name, max_chars=80, key="save-name")
        if st.button(_("Save"), icon=":material/save:", key="save") and given.strip():
            _try_to_save(network.replace(name=given.strip()), training)
    name = network.name or "network"
    st.download_button(
        _("Network (.json)"),
        network.to_json(2),
        f"{name}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    with st.form("bring-in", border=False):
        pasted = st.text_area(_("Bring in a network: paste its JSON"), height=100)
        file = st.file_uploader(_("or choose its file"), type="json", max_upload_size=MAX_FILE)
        if st.form_submit_button(_("Bring it in")) and (pasted.strip() or file):
            _bring_in(pasted if pasted.strip() or not file else file.read(MAX_FILE << 20).decode(errors="replace"))


def _try_to_save(network: NetworkSpec, training: TrainingSpec) -> None:
    try:
        lab().save_network(network, training, session().who)
    except CNNLabError as error:
        errors.show(error)
        return
    st.toast(_("Saved as “{name}”.", name=network.name))


def _bring_in(text: str) -> None:
    try:
        network = NetworkSpec.from_json(text)
    except NetworkError as error:
        errors.show(error)
        return
    session().design(network)
    redraw()


def settings() -> None:
    """The training settings, with the learning rate over the whole training."""
    me = session()
    key = f"build-training-{me.edition}"
    me.training = choose.others(forms.edit(me.training, choose.IN_SIGHT, key), key)
