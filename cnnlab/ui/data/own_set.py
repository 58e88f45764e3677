"""One's own image set, beside the facts of every dataset: what was read, its description, export and deletion."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

import streamlit as st

from cnnlab.datasets.image_sets import Description, ImageSet
from cnnlab.datasets.image_sets.image_set import MAX_NAME, MAX_TEXT, Consent
from cnnlab.errors import explain_folder
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import pressed, redraw, when_open
from cnnlab.ui.data import reading
from cnnlab.ui.data.state import DataState
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.text import _, n_


def body(id: str) -> None:
    """Draw what belongs to an image set alone."""
    with errors.shown():
        found = lab().image_sets.get(id)
        if found.description.consent:
            st.caption(_consents()[found.description.consent])
        with st.container(horizontal=True):
            when_open(
                st.popover, _("Describe"), f"own-about-{id}", lambda: _about(found), form=f"own-about-{id}",
                icon=":material/edit:",
            )  # fmt: skip
            when_open(st.popover, _("Export"), f"own-export-{id}", lambda: _export(found), icon=":material/download:")
            when_open(st.popover, _("Delete"), f"own-delete-{id}", lambda: _delete(found), icon=":material/delete:")
        reading.details(found)


def _consents() -> dict[Consent, str]:
    return {
        "": _("Not said"),
        "nobody": _("Nobody can be recognized in the images"),
        "agreed": _("Everyone who can be recognized has agreed"),
    }


@errors.shown()
def _about(found: ImageSet) -> None:
    """Draw the form for name and description."""
    consents = _consents()
    with st.form(f"own-form-{found.id}", border=False):
        name = st.text_input(_("Name"), found.name, max_chars=MAX_NAME)
        source = st.text_area(_("Where are the images from?"), found.description.source, max_chars=MAX_TEXT, height=68)
        license = st.text_input(_("License"), found.description.license, max_chars=MAX_TEXT, placeholder="CC BY 4.0")
        consent = st.selectbox(
            _("People in the images"), list(consents), index=list(consents).index(found.description.consent),
            format_func=consents.__getitem__,
            help=_("Photos of people are personal data: share them only if everyone shown has agreed."),
        )  # fmt: skip
        if st.form_submit_button(_("Save"), type="primary", icon=":material/check:"):
            lab().image_sets.rename(found.id, name)
            described = replace(found.description, source=_line(source), license=license, consent=consent)
            lab().image_sets.describe(found.id, described)
            state(DataState).edition += 1
            redraw()


def _line(text: str) -> str:
    return " ".join(text.split())


@errors.shown()
def _export(found: ImageSet) -> None:
    """Draw the buttons that prepare and save a ZIP file."""
    page = state(DataState)
    st.caption(_("Any program can read the ZIP file; in another CNN Lab it becomes the same image set."))
    if found.description == Description():
        st.caption(_("It has no description yet: say where the images are from before you share them."))
    if pressed(st.button, _("Prepare file"), icon=":material/settings:", key=f"own-prepare-{found.id}"):
        with st.spinner(_("Preparing the file …"), show_time=True):
            page.exported = found.id, found.digest, _zipped(found.id)
    if page.exported and page.exported[:2] == (found.id, found.digest):
        file = re.sub(r"[^\w -]+", "_", found.name) + ".zip"
        st.download_button(
            _("Download {file}", file=errors.plain(file)), page.exported[2], file, icon=":material/download:",
            type="primary", on_click="ignore", key=f"own-save-{found.id}",
        )  # fmt: skip


def _zipped(id: str) -> bytes:
    home = lab().settings.home
    with explain_folder(home), tempfile.TemporaryDirectory(dir=home) as folder:
        target = Path(folder) / "set.zip"
        lab().image_sets.export_zip(id, target)
        return target.read_bytes()


@errors.shown()
def _delete(found: ImageSet) -> None:
    """Draw the question whether to delete an image set for good."""
    runs = sum(run.training.dataset == found.id for run in lab().runs.all())
    st.markdown(_("Delete **{name}** for good?", name=errors.plain(found.name)))
    if runs:
        st.warning(
            n_(
                "{count} run was trained on it. It stays, but can no longer be evaluated or continued.",
                "{count} runs were trained on it. They stay, but can no longer be evaluated or continued.",
                count=runs,
            )
        )
    if pressed(st.button, _("Delete for good"), type="primary", icon=":material/delete:", key=f"own-gone-{found.id}"):
        lab().image_sets.delete(found.id)
        page = state(DataState)
        page.dataset, page.exported = "", None
        page.edition += 1
        st.query_params.pop("data", None)
        redraw()
