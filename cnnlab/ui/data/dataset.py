"""The Data page: choose a dataset or make one on the left; tabs on the right show its images, classes, mean images and
augmentation, and change your own image sets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.network.editing import fitted
from cnnlab.network.summary import format_shape
from cnnlab.training import drawings_file
from cnnlab.training.recipes import for_dataset
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.split import parts
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import pressed, redraw, tabs
from cnnlab.ui.data import corrections, new_set, own_set, progress, shape, views
from cnnlab.ui.data.state import DataState, NewSetState
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import datasets, start_run
from cnnlab.ui.text import _, n_, translate

FIRST = "mnist-5k"
"""The dataset that is shown if the one to train on is gone."""


def body() -> None:
    """Draw the page; the caller makes it one fragment."""
    making = state(NewSetState)
    if not making.job and lab().image_set_jobs.get(st.query_params.get("reading", "")):
        # The page was reloaded while a new image set is read.
        making.open, making.job = True, st.query_params["reading"]
    left, right = st.columns([1, 3], gap="large")
    with left:
        name = _dataset()
        if not making.open:
            if pressed(st.button, _("New image set"), icon=":material/add_photo_alternate:", key="set-new"):
                making.open = True
                redraw()
            _facts(name)
    with right:
        if making.open:
            new_set.body()
        elif _downloaded(name):
            _explorer(name)


@errors.shown()
def _explorer(name: str) -> None:
    """Draw each view of the images in a tab."""
    training = _settings(name)
    found = parts(lab().datasets.get(name), training)
    state(DataState).show(f"{name} {lab().datasets.info(name).digest} {training.model_dump_json()}")
    views_of: dict[str, Callable[[], object]] = {
        title: partial(view, name, training, found)
        for title, view in (
            (_("Images"), views.images),
            (_("Classes"), views.classes),
            (_("Mean images"), views.means),
            (_("Augmentation"), views.augmentation),
        )
    }
    if not lab().datasets.info(name).own:
        tabs(views_of, key="data-tabs")
        return
    # Above the tabs: a change goes on while another tab is looked at.
    progress.show()
    changes = {_("Shape and division"): partial(shape.body, name), _("Correct"): partial(corrections.body, name)}
    tabs({**views_of, **changes}, key="data-tabs-own")


def _dataset() -> str:
    """Return the dataset to show: from the link, else the one selected here, else the one that Start would train on."""
    trained, page = session().training.dataset, state(DataState)
    wanted = st.query_params.get("data") or page.dataset_to_show(trained)
    names = datasets.titles(lab().datasets.all().values())
    first = next((name for name in (wanted if _exists(wanted) else trained, trained) if name in names), FIRST)
    chosen = st.selectbox(
        _("Data"),
        list(names),
        index=list(names).index(first),
        format_func=names.__getitem__,
        key=f"data-set{page.edition or ''}",
    )
    page.select(chosen, trained)
    if st.query_params.get("data") != chosen:
        st.query_params["data"] = chosen
    return chosen


def _exists(name: str) -> bool:
    """Return whether a dataset exists; show an error if it does not."""
    with errors.shown():
        lab().datasets.info(name)
        return True
    return False


def _facts(name: str) -> None:
    """Draw the description of a dataset and the button that trains on it."""
    info, me = lab().datasets.info(name), session()
    if info.description:
        st.markdown(translate(info.description))
    lines = [
        _("{size} pixels, values from 0 to 255", size=format_shape(info.input_shape)),
        _("{count} classes", count=len(info.class_names)),
        n_("{count:,} training image", "{count:,} training images", count=info.train_size),
        n_("{count:,} test image", "{count:,} test images", count=info.test_size),
    ]
    if info.validation_size:
        lines.insert(3, _("{count:,} of them for validation", count=info.validation_size))
    st.markdown("\n".join(f"- {line}" for line in lines))
    if st.button(_("Train on this data"), icon=":material/play_circle:", key="data-train"):
        if name != me.training.dataset:
            me.design(fitted(me.network, info.input_shape, len(info.class_names)), _settings(name))
        go("train")
    st.caption(f"{errors.plain(info.credit)}  \n{errors.plain(info.license)}")
    if info.own:
        own_set.body(name)


def _downloaded(name: str) -> bool:
    """Return whether the images are on this computer; if not, offer to download them."""
    if lab().datasets.available(name):
        return True
    info = lab().datasets.info(name)
    info = DATASETS[info.shuffled] if info.shuffled else info
    size = info.download_size / 1e6
    st.info(_("**Not downloaded yet.** One-time download: {size:.0f} MB.", size=size), icon=":material/download:")
    if st.button(_("Download"), icon=":material/download:", type="primary", key="data-fetch"):
        with errors.shown():
            start_run.fetch(name)
            redraw()
    return False


def _settings(name: str) -> TrainingSpec:
    """Return the reader's training settings; for another dataset, without what only suits the dataset they train on."""
    training = session().training
    if name == training.dataset:
        return training
    info = lab().datasets.info(name)
    training = for_dataset(training, info).replace(classes=(), train_size=None)
    if info.own:
        # It has validation images of its own, which near-duplicates do not leave.
        training = training.replace(validation="split")
    return training if drawings_file.accepts_drawings(name) else training.replace(drawings="")
