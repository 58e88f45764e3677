"""Correct an image set: a gallery by class, in which images are selected, moved to another class or removed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import streamlit as st

from cnnlab.datasets.image_sets import Contents, ImageSet
from cnnlab.datasets.image_sets.editing import near_duplicates
from cnnlab.datasets.image_sets.tasks import Task
from cnnlab.ui import errors
from cnnlab.ui.components import picture_grid
from cnnlab.ui.components.fragments import pressed
from cnnlab.ui.components.picture_grid import Picture
from cnnlab.ui.data import progress
from cnnlab.ui.data.shape import contents
from cnnlab.ui.data.views import split_names
from cnnlab.ui.lab import lab
from cnnlab.ui.text import _, n_

PER_PAGE = 60
DUPLICATES = -1
"""Option of the menu of classes that shows near-duplicates."""


class Shown(NamedTuple):
    """Images of a page: their places in the contents, and what is said about each group of them."""

    places: np.ndarray
    captions: dict[int, str]


def body(id: str) -> None:
    """Draw the gallery and what can be done with the selected images."""
    with errors.shown():
        found, inside = lab().image_sets.get(id), contents(id)
        if progress.running():
            return
        shown = _shown(found, inside)
        if not len(shown.places):
            st.caption(_("No images to show."))
        selected = _grid(found, inside, shown) if len(shown.places) else []
        _actions(found, inside, selected)


def _shown(found: ImageSet, inside: Contents) -> Shown:
    """Draw the menus of classes and pages, and return the images to show."""
    counts = np.bincount(inside.labels, minlength=len(inside.class_names))
    groups = near_duplicates(inside)
    titles = {label: f"{name} ({counts[label]:,})" for label, name in enumerate(inside.class_names)}
    titles[DUPLICATES] = _("Near-duplicates ({count:,})", count=sum(map(len, groups)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            _("Class"), list(titles), format_func=titles.__getitem__, width=260, key=f"fix-class-{found.digest[:16]}"
        )
        if label == DUPLICATES:
            places = np.concatenate(groups) if groups else np.zeros(0, np.int64)
        else:
            places = np.flatnonzero(inside.labels == label)
        pages = max(-(-len(places) // PER_PAGE), 1)
        title = _("Page (of {pages})", pages=pages)
        number = int(st.number_input(title, 1, pages, 1, key=f"fix-page-{found.id}-{label}-{pages}", width=140))
    captions = {}
    if label == DUPLICATES:
        captions = {place: f"{k}: {_class_of(inside, place)}" for k, group in enumerate(groups, 1) for place in group}
        st.caption(_("Groups of images that show nearly the same, those across classes first. They stay in one part."))
    return Shown(places[(number - 1) * PER_PAGE : number * PER_PAGE], captions)


def _class_of(inside: Contents, place: int) -> str:
    return inside.class_names[int(inside.labels[place])]


def _grid(found: ImageSet, inside: Contents, shown: Shown) -> list[int]:
    """Draw the images, and return the numbers of those that are selected."""
    numbers = inside.images[shown.places].tolist()
    parts = list(split_names().values())
    pictures = []
    for place, number, (name, file) in zip(
        shown.places.tolist(), numbers, lab().image_sets.originals(found.id, numbers), strict=True
    ):
        title = _("{name}: {label}, {part}", name=name, label=_class_of(inside, place), part=parts[inside.parts[place]])
        pictures.append(Picture(number, title, file, shown.captions.get(place, "")))
    return picture_grid.select(pictures, _("Images to select"), f"fix-grid-{found.id}", found.digest)


def _actions(found: ImageSet, inside: Contents, selected: list[int]) -> None:
    """Draw what can be done with the selected images."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.selectbox(
            _("Move to"), list(inside.class_names), index=None, accept_new_options=True, width=220,
            placeholder=_("Class, or a new one"), key=f"fix-target-{found.digest[:16]}",
        )  # fmt: skip
        if pressed(
            st.button, _("Move"), icon=":material/drive_file_move:", key="fix-move",
            disabled=not (selected and target),
        ):  # fmt: skip
            progress.change(Task("edit", found.id, images=tuple(selected), label=target))
        if pressed(st.button, _("Remove"), icon=":material/delete:", key="fix-remove", disabled=not selected):
            progress.change(Task("edit", found.id, images=tuple(selected)))
        if pressed(st.button, _("Undo"), icon=":material/undo:", key="fix-undo", disabled=not found.edits):
            progress.change(Task("undo", found.id))
        if selected:
            st.caption(n_("{count} selected", "{count} selected", count=len(selected)), width="content")
    if not selected:
        st.caption(
            _("Click images to select them (Shift and click: a range). Every other image stays in its part of the set.")
        )
