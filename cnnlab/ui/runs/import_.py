"""Import a run or a Keras model."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError, DatasetError, EngineError, StoreError
from cnnlab.lab.imports import ExaminedModel
from cnnlab.network.foreign_pixels import RANGES, ranges_of
from cnnlab.ui import errors
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session
from cnnlab.ui.shared import engine_status
from cnnlab.ui.text import _, translate


def import_panel() -> None:
    """Draw the panel that imports a run exported from CNN Lab, or a Keras model."""
    with st.expander(_("Import a run or a model"), icon=":material/upload:", key="bring-in"):
        # Any file is accepted, since only its content tells what it is, and an answer is better than "not allowed".
        uploaded = st.file_uploader(
            _("A run exported from CNN Lab (.zip), or a Keras model (.keras, .h5)"), key="bring-file"
        )
        if uploaded is not None:
            engine_status.with_workers(partial(_uploaded, uploaded))


def _uploaded(uploaded: UploadedFile) -> None:
    """Draw what is known about the file, and the button that imports it."""
    with engine_status.errors_shown():
        with st.spinner(_("Reading the model and trying it on test images …"), show_time=True):
            found = _read(uploaded.file_id, uploaded)
        if isinstance(found, CNNLabError):
            errors.show(found)
        elif found:
            _model(found, uploaded.file_id)
        elif st.button(_("Import"), icon=":material/upload:", type="primary", key="bring-run"):
            _open(lab().imports.run(uploaded.getvalue(), session().who))


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(file: str, _uploaded: UploadedFile) -> ExaminedModel | CNNLabError | None:
    """Return the examined model, or why it cannot be imported; None for a run.

    Cached, since every click redraws the panel, and so does every report of a run that trains.
    """
    content = _uploaded.getvalue()
    try:
        if lab().imports.kind(content, _uploaded.name) == "run":
            return None
        return lab().imports.examine(content, PurePosixPath(_uploaded.name).stem)
    except (DatasetError, EngineError, StoreError):
        # These can be repaired; the file remains what it is.
        raise
    except CNNLabError as error:
        # Its traceback would keep the file in memory.
        return error.with_traceback(None)


def _model(model: ExaminedModel, file: str) -> None:
    """Draw what is known about a model, and what has to be chosen before it is imported."""
    # Widgets of this file alone: those of the last one would keep its choices.
    doubt = model.doubt()
    if doubt:
        ask = _("Choose what the model was trained on: with the wrong pixels, its predictions are wrong.")
        st.warning(errors.plain(f"{doubt.sentence(translate)} {ask}"))
    left, right = st.columns(2)
    dataset = left.selectbox(
        _("Trained on"), model.datasets, index=model.datasets.index(model.dataset), key=f"bring-dataset-{file}",
        format_func=lambda name: _with_accuracy(translate(DATASETS[name].title), model.best(name)),
    )  # fmt: skip
    ranges = ranges_of(dataset)
    pixels = right.selectbox(
        _("Range of pixels"), ranges, index=ranges.index(model.pixels(dataset)), key=f"bring-pixels-{file}-{dataset}",
        format_func=lambda key: _with_accuracy(translate(RANGES[key].title), model.accuracy(dataset, key)),
        help=_("The range of pixel values that the model was trained on."),
    )  # fmt: skip
    softmax = model.foreign.outputs_scores and st.checkbox(
        _("Add a softmax, which turns the scores that the model outputs into probabilities"),
        value=True,
        key=f"bring-softmax-{file}",
    )
    caution = model.caution(dataset, pixels)
    if caution:
        st.warning(errors.plain(caution.sentence(translate)))
    for one in model.notes(dataset, pixels, softmax):
        st.caption(errors.plain(one.sentence(translate)))
    if st.button(_("Import"), icon=":material/upload:", type="primary", key="bring-keras"):
        _open(
            lab().imports.keras(
                model, session().who, dataset=dataset, pixels=pixels, softmax=softmax, translate=translate
            )
        )


def _with_accuracy(title: str, accuracy: float | None) -> str:
    if accuracy is None:
        return title
    return _("{title}: {accuracy:.1%} correct", title=title, accuracy=accuracy)


def _open(run: str) -> None:
    """Select the imported run."""
    session().run = run
    st.query_params["runs"] = run
    st.rerun()
