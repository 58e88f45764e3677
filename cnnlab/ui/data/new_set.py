"""New image set: choose where the images come from, see how far reading is, and see the result."""

from __future__ import annotations

from pathlib import PurePosixPath

import streamlit as st

from cnnlab.datasets.image_sets.csv_files import LabelColumnUnclearError
from cnnlab.datasets.image_sets.splitting import Shares, TooAlikeError
from cnnlab.datasets.image_sets.store import new_id
from cnnlab.datasets.image_sets.tasks import Task
from cnnlab.datasets.image_sets.uploads import Upload
from cnnlab.lab.image_set_jobs import Job
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import pressed, redraw
from cnnlab.ui.data import by_class, progress, reading, shape
from cnnlab.ui.data.state import DataState, NewSetState
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session, state
from cnnlab.ui.text import _


def body() -> None:
    """Draw the making of an image set."""
    page = state(NewSetState)
    job = lab().image_set_jobs.get(page.job)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("New image set"), anchor=False, width="stretch")
        if pressed(st.button, _("Close"), icon=":material/close:", key="set-close"):
            _close(job)
    if job is None:
        _choose()
    elif job.state == "running":
        progress.follow(job)
    elif job.state == "finished":
        _finished(job)
    else:
        _failed(job)


def _close(job: Job | None) -> None:
    """Leave the making of an image set; what is being read is stopped."""
    if job:
        lab().image_set_jobs.stop(job.id)
    state(NewSetState).close()
    st.query_params.pop("reading", None)
    redraw()


def _choose() -> None:
    """Draw the ways in."""
    ways = {
        "files": _("Files"),
        "folder": _("Folder"),
        "classes": _("Class by class, webcam"),
        "drawings": _("Drawings"),
    }
    way = st.segmented_control(
        _("Where are the images?"), list(ways), default="files", format_func=ways.__getitem__, required=True,
        key="set-way", persist_state="session",
    ) or "files"  # fmt: skip
    {"files": _files, "folder": _folder, "classes": _classes, "drawings": _drawings}[way]()


def _files() -> None:
    uploaded = st.file_uploader(
        _("A ZIP file with a folder of images for each class; a CSV or NPZ file; or IDX files, images and labels"),
        accept_multiple_files=True,
        key=f"set-files-{state(NewSetState).edition}",
    )
    st.caption(
        _(
            "PNG, JPEG, WebP, GIF, BMP or TIFF (HEIC with requirements-heif.txt). Reading begins at once; size, color "
            "and division can be changed afterwards. Files stay on this Lab's server."
        )
    )
    if uploaded:
        start([Upload(file.name, file.getbuffer()) for file in uploaded], PurePosixPath(uploaded[0].name).stem)


def _folder() -> None:
    uploaded = st.file_uploader(
        _("A folder with a folder of images for each class"),
        accept_multiple_files="directory",
        key=f"set-folder-{state(NewSetState).edition}",
    )
    if uploaded:
        files = [Upload(file.name.removeprefix("./"), file.getbuffer()) for file in uploaded]
        start(files, PurePosixPath(files[0].name).parts[0])


def _classes() -> None:
    files = by_class.body()
    name = st.text_input(_("Name of the image set"), key="set-name", width=300)
    if pressed(st.button, _("Create image set"), type="primary", icon=":material/check:", key="set-create"):
        start(files, name or _("My images"))


def _drawings() -> None:
    counts = dict(lab().drawings.collections())
    if not counts:
        st.info(_("There are no drawings yet. Draw some digits on Draw, and save them in a collection."))
        return
    chosen = st.multiselect(
        _("Collections"),
        list(counts),
        default=list(counts)[:1],
        format_func=lambda name: f"{name} ({counts[name]})",
        key="set-collections",
    )
    if pressed(st.button, _("Create image set"), type="primary", icon=":material/check:", key="set-create"):
        files = [
            Upload(f"{drawing.label}/{drawing.id:07d}.png", drawing.png)
            for name in chosen
            for drawing in lab().drawings.of(name)
        ]
        start(files, ", ".join(chosen))


def start(files: list[Upload], name: str, shares: Shares | None = None) -> None:
    """Begin to read files, and rerun the page."""
    page = state(NewSetState)
    with errors.shown():
        task = Task("create", new_id(), name=name[:60], label_column=page.label_column, shares=shares)
        page.begin(lab().image_set_jobs.start(task, files), files, name)
        page.label_column = None
        st.query_params["reading"] = page.job
        redraw()


def _failed(job: Job) -> None:
    page = state(NewSetState)
    if job.error:
        errors.show(job.error)
    else:
        st.info(_("Stopped. Nothing was kept."), icon=":material/stop:")
    if isinstance(job.error, LabelColumnUnclearError):
        _ask_label_column(page)
    if isinstance(job.error, TooAlikeError) and pressed(
        st.button, _("Allow near-duplicates in several parts"), icon=":material/call_split:", key="set-alike"
    ):
        start(page.files, page.name, Shares(keep_together=False))
    if pressed(st.button, _("Choose other images"), icon=":material/arrow_back:", key="set-again"):
        page.again()
        st.query_params.pop("reading", None)
        redraw()
    if page.files and pressed(st.button, _("Try again"), icon=":material/refresh:", key="set-retry"):
        start(page.files, page.name)


def _ask_label_column(page: NewSetState) -> None:
    names = {"first": _("First column"), "last": _("Last column")}
    page.label_column = st.radio(
        _("Which column holds the labels?"), ["first", "last"], format_func=names.__getitem__, horizontal=True,
        key="set-label-column",
    )  # fmt: skip


def _finished(job: Job) -> None:
    """Draw what was read, how it looks, and the way to it."""
    page = state(NewSetState)
    page.files = []
    with errors.shown():
        made = lab().image_sets.get(job.image_set)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.success(reading.summary(made), icon=":material/check_circle:", width="stretch")
            done = pressed(st.button, _("Show the images"), type="primary", icon=":material/check:", key="set-show")
        if done:
            select(made.id)
            page.close()
            st.query_params.pop("reading", None)
            redraw()
        reading.details(made)
        progress.show()
        shape.body(made.id)


def select(id: str) -> None:
    """Show another dataset on the page."""
    page = state(DataState)
    page.select(id, session().training.dataset)
    page.edition += 1
    st.query_params["data"] = id
