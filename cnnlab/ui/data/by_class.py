"""Images put together class by class: from files, and from the webcam."""

from __future__ import annotations

import unicodedata

import streamlit as st
from PIL import Image

from cnnlab.datasets.image_sets.uploads import Upload
from cnnlab.errors import CNNLabError
from cnnlab.ui import errors
from cnnlab.ui.components import burst
from cnnlab.ui.components.fragments import pressed, redraw, when_open
from cnnlab.ui.data.state import Class, NewSetState
from cnnlab.ui.session import state
from cnnlab.ui.text import _, n_
from cnnlab.vision.image_files import read_picture

SHOWN, SHOWN_PX = 6, 48
"""Number and width of the images of a class that are shown: the newest."""


def body() -> list[Upload]:
    """Draw the classes, and return their images so far, each in the folder of its class."""
    page = state(NewSetState)
    left, right = st.columns([3, 2], gap="large")
    with left:
        files = [file for one in page.classes for file in _class(one, len(page.classes) > 2)]
        if pressed(st.button, _("Add a class"), icon=":material/add:", key="set-add"):
            page.classes.append(Class(page.classes[-1].number + 1))
            redraw()
    with right:
        _webcam(page)
    return files


def _class(one: Class, removable: bool) -> list[Upload]:
    """Draw a class, and return its images."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            one.name = st.text_input(
                _("Class {number}", number=one.number + 1), value=one.name, max_chars=60,
                placeholder=_("Name of the class"), key=f"set-class-{one.number}",
            )  # fmt: skip
            if removable and pressed(
                st.button, "", icon=":material/delete:", help=_("Remove this class"), key=f"set-drop-{one.number}"
            ):
                page = state(NewSetState)
                page.classes = [other for other in page.classes if other is not one]
                redraw()
        when_open(
            st.expander, _("Image files"), f"set-from-files-{one.number}", lambda: _uploads(one),
            form=f"set-from-files-{one.number}",
        )  # fmt: skip
        _photos(one)
    folder = folder_name(title(one))
    return [Upload(f"{folder}/{file.name}", file.content) for file in one.photos]


def _uploads(one: Class) -> None:
    """Draw the field for files, which join the photos at once, so that they are kept when the field is not drawn."""
    uploaded = st.file_uploader(
        _("Images of this class"), accept_multiple_files=True, key=f"set-images-{one.number}-{one.edition}",
        label_visibility="collapsed",
    )  # fmt: skip
    if uploaded:
        _add(one, [Upload(file.name, file.getvalue()) for file in uploaded])
        one.edition += 1
        redraw()


def _add(one: Class, files: list[Upload]) -> None:
    """Add images to a class. Numbers keep bursts in order, and files of one name apart."""
    first = one.added
    one.photos += [Upload(f"{first + place:05d}-{file.name}", file.content) for place, file in enumerate(files)]
    one.added += len(files)


def _photos(one: Class) -> None:
    if not one.photos:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        st.caption(n_("{count:,} image", "{count:,} images", count=len(one.photos)), width="content")
        for photo in one.photos[-SHOWN:]:
            if small := _small(bytes(photo.content)):
                st.image(small, width=SHOWN_PX)
        if pressed(st.button, "", icon=":material/undo:", help=_("Remove the last image"), key=f"set-un-{one.number}"):
            one.photos.pop()
            redraw()


@st.cache_data(max_entries=200, show_spinner=False)
def _small(file: bytes) -> Image.Image | None:
    """Return a small version of an image file; None if it cannot be read, which reading will say."""
    try:
        return read_picture(file, 2 * SHOWN_PX)
    except CNNLabError:
        return None


def _webcam(page: NewSetState) -> None:
    titles = {one.number: title(one) for one in page.classes}
    number = st.selectbox(
        _("Photos for"), list(titles), format_func=titles.__getitem__, key=f"set-target-{len(titles)}"
    )
    with errors.shown():
        taken = burst.photos("set-burst")
    st.caption(
        _(
            "Photos of one burst look much alike and stay in one part: take at least three bursts of each class, from "
            "other sides and on other grounds."
        )
    )
    if taken:
        one = next(one for one in page.classes if one.number == number)
        _add(one, [Upload("photo.jpg", photo) for photo in taken])
        redraw()


def title(one: Class) -> str:
    """Return the name of a class; a number if it has none yet."""
    return unicodedata.normalize("NFC", one.name).strip() or _("Class {number}", number=one.number + 1)


def folder_name(name: str) -> str:
    """Return a class's name as that of a folder: a slash is another letter, and a dot at its start would hide it."""
    return name.replace("/", "∕").replace("\\", "∖").replace(":", "∶").lstrip(".") or "_"
