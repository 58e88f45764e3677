"""The Evaluate page: choose a run, a snapshot and the images to evaluate it on; tabs show the results."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cnnlab.evaluation.metrics import Evaluation
from cnnlab.runs import builtin
from cnnlab.runs.origin import UNKNOWN_IMAGES
from cnnlab.runs.run import Run
from cnnlab.training import drawings_file
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import tabs
from cnnlab.ui.evaluate import confusion_matrix, examples, feature_space, overview, reported_results
from cnnlab.ui.evaluate.evaluated import EvaluatedRun
from cnnlab.ui.evaluate.sealed_test_set import sealed
from cnnlab.ui.evaluate.state import EvaluateState
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.shared import engine_status, moment_picker
from cnnlab.ui.shared.dataset_note import dataset_note
from cnnlab.ui.shared.origin_note import origin_note
from cnnlab.ui.text import _, translate

VALIDATION, TEST = "validation", "test"
COLLECTION_PREFIX = "collection:"


def body() -> None:
    """Draw the page; the caller makes it one fragment."""
    with moment_picker.bar():
        run, moment = moment_picker.choose("evaluate")
        which = _images(run)
    _say_limits(run, which)
    if which == TEST and sealed(run):
        return
    written = lab().snapshots.written(run.id, moment)
    with engine_status.errors_shown():
        with st.spinner(_("Running the network …"), show_time=True):
            found = _evaluated(run, moment, which, written)
        state(EvaluateState).show(f"{run.id} {moment} {which}")
        _tabs(EvaluatedRun(run, moment, which, written, found))


def _tabs(evaluated: EvaluatedRun) -> None:
    """Draw each view of the results in a tab."""
    views = {
        _("Overview"): overview.body,
        _("Confusion matrix"): confusion_matrix.body,
        _("Images"): examples.body,
        _("Feature space"): feature_space.body,
        _("Reported results"): reported_results.body,
    }
    tabs({title: partial(view, evaluated) for title, view in views.items()}, key="evaluate-tabs")


def _images(run: Run) -> str:
    """Return the images to evaluate on: "validation", "test", or "collection:" and the name of a collection."""
    names = {VALIDATION: _("Validation images"), TEST: _("Test images")}
    if run.id in builtin.NAMES or run.training.validation == "test":
        # If the test set was used for validation, both are the same; the built-in networks held no images out.
        names = {TEST: names[TEST]}
    if drawings_file.accepts_drawings(run.training.dataset):
        collections = [name for name, _count in lab().drawings.collections()]
        names |= {COLLECTION_PREFIX + name: _("Drawings: {name}", name=name) for name in collections}
    return st.selectbox(
        _("Images"),
        list(names),
        format_func=names.__getitem__,
        key=f"evaluate-which-{run.id}",
        label_visibility="collapsed",
        width=220,
    )


def _say_limits(run: Run, chosen: str) -> None:
    """Say what the figures on the chosen images can tell."""
    origin, dataset = lab().test_sets.origin(run), lab().test_sets.dataset(run)
    if not chosen.startswith(COLLECTION_PREFIX):
        dataset_note(run)
    if chosen == TEST and origin != "here":
        st.caption(f"{translate(UNKNOWN_IMAGES[origin])} {_may_be_seen(run, dataset)}")
    elif chosen == VALIDATION:
        origin_note(run)
    # Nothing was validated here for a run from elsewhere, and the test images may be another dataset's.
    validated_here = origin != "elsewhere" and run.id not in builtin.NAMES and dataset == run.training.dataset
    if chosen == TEST and validated_here and run.training.validation == "test":
        st.caption(
            _(
                "This run used the test set for validation (as some of the notes do), so its test "
                "accuracy is no longer an unbiased estimate."
            )
        )
    if run.training.classes and not chosen.startswith(COLLECTION_PREFIX):
        titles = run.dataset.class_names
        known = ", ".join(errors.plain(translate(titles[label])) for label in run.training.classes)
        st.caption(_("Only images of the classes that this run was trained on: {classes}.", classes=known))


def _may_be_seen(run: Run, dataset: str) -> str:
    """Return whether a network that was trained elsewhere may have seen a dataset's test images."""
    info = run.dataset if dataset == run.dataset.name else lab().datasets.info(dataset)
    title, whole = errors.plain(translate(info.title)), info.part_of
    if whole:
        return _(
            "All images of {dataset} are training images of {whole}: a network trained on {whole} has seen them, so "
            "this accuracy does not tell how well it does on new images. Download {whole} on the Data page to test it.",
            dataset=title,
            whole=translate(lab().datasets.info(whole).title),
        )
    return _(
        "These are the test images of {dataset}: they are new to the network if it was trained on the training images "
        "only.",
        dataset=title,
    )


def _evaluated(run: Run, moment: Moment, which: str, written: int) -> Evaluation:
    if which.startswith(COLLECTION_PREFIX):
        return lab().evaluation.evaluate_drawings(run, moment, which.removeprefix(COLLECTION_PREFIX))
    dataset = lab().test_sets.dataset(run) if which == TEST else ""
    # An image set can change; its digest then does, too.
    version = lab().datasets.info(dataset or run.training.dataset).digest or ""
    found = _predictions(run.id, moment, which, written, run.training.model_dump_json(), dataset, version, run)
    # Store the test accuracy of the final weights once, instead of on every click.
    seen = which == TEST and lab().test_sets.trained_elsewhere(run) and lab().datasets.info(dataset).part_of
    if which == TEST and not seen and moment == lab().snapshots.final(run.id) and run.test_accuracy != found.accuracy:
        lab().test_sets.note_accuracy(run.id, found.accuracy)
    return found


@st.cache_resource(max_entries=4, show_spinner=False)
def _predictions(
    run: str, moment: Moment, which: str, written: int, training: str, dataset: str, version: str, _run: Run
) -> Evaluation:
    """Return the evaluation.

    Cached, since every click redraws the page; as a resource, so that figures derived from it are kept as well.
    """
    return lab().evaluation.evaluate(_run, moment, "validation" if which == VALIDATION else "test", dataset)
