"""Export, share, save and import a network."""

from __future__ import annotations

import streamlit as st

from cnnlab.export import keras_script, share_code
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session
from cnnlab.ui.shared import datasets
from cnnlab.ui.text import _, translate

MAX_FILE_MB = 1
"""Maximum size of an imported file, in units of 1,048,576 bytes."""


def keras_code(network: NetworkSpec, training: TrainingSpec) -> None:
    """Show the Keras script of the network and its training, with downloads."""
    dataset = datasets.chosen()
    script = keras_script.script(network, training, translate, dataset)
    name = network.name or "network"
    with st.container(horizontal=True):
        st.download_button(
            _("Script (.py)"), script, f"{name}.py", "text/x-python", icon=":material/download:", on_click="ignore"
        )
        notebook = keras_script.notebook(network, training, translate, dataset)
        st.download_button(
            _("Notebook (.ipynb)"),
            notebook,
            f"{name}.ipynb",
            "application/x-ipynb+json",
            icon=":material/download:",
            on_click="ignore",
        )
        if network.start:
            _start_weights(network)
    st.code(script, language="python")


@errors.shown()
def _start_weights(network: NetworkSpec) -> None:
    """Offer the file with the weights that the script loads."""
    weights = lab().start_weights.file(network)
    st.download_button(
        _("Weights (.npz)"),
        weights,
        keras_script.START_FILE,
        "application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        help=_("The weights of the first layers; put the file next to the script."),
    )


def share(network: NetworkSpec, training: TrainingSpec) -> None:
    """Offer a link, a file and a name in this Lab; and an import."""
    st.markdown(_("**Link** to this network and its settings:"))
    st.code(
        f"{(st.context.url or '').split('?')[0]}?n={share_code.encode(network, training)}",
        language=None,
        wrap_lines=True,
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        given = st.text_input(_("Save to this Lab as"), value=network.name, max_chars=80, key="save-name")
        if st.button(_("Save"), icon=":material/save:", key="save") and given.strip():
            _save(network.replace(name=given.strip()), training)
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
        pasted = st.text_area(_("Import a network: paste its JSON"), height=100)
        file = st.file_uploader(_("or upload a file"), type="json", max_upload_size=MAX_FILE_MB)
        if st.form_submit_button(_("Import")) and (pasted.strip() or file):
            _import(pasted if pasted.strip() or not file else file.read(MAX_FILE_MB << 20).decode(errors="replace"))


@errors.shown()
def _save(network: NetworkSpec, training: TrainingSpec) -> None:
    lab().networks.save(network, training, session().who)
    st.toast(_("Saved as “{name}”.", name=network.name))


@errors.shown()
def _import(text: str) -> None:
    session().design(NetworkSpec.from_json(text))
    redraw()
