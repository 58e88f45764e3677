"""The webcam as a source of photos: a click takes one, and holding the button takes a burst."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import streamlit as st

from cnnlab.ui.components import webcam
from cnnlab.ui.components.javascript import joined
from cnnlab.ui.session import session
from cnnlab.ui.text import _

_HERE = Path(__file__).parent
MAX_PHOTO_BYTES = 500_000
"""A photo of 320×240 takes about 20 kB."""

_mount = st.components.v2.component(
    "cnnlab_burst",
    html='<div class="cnnlab-burst"></div>',
    css=(_HERE / "burst.css").read_text(encoding="utf-8"),
    js=joined([_HERE / "kernel_stage" / "nodes.js", webcam.SCRIPT, _HERE / "burst.js"]),
    isolate_styles=False,
)


def photos(key: str) -> list[bytes]:
    """Draw the webcam with its button, and return the photos of a new burst, once, as JPEG files."""
    labels = {
        "start": _("Start the webcam"),
        "stop": _("Stop the webcam"),
        "take": _("Hold to take photos"),
        "view": _("What the webcam sees, mirrored"),
        "notes": {**webcam.notes(), "running": _("Photos that you take go to this Lab's server.")},
    }
    taken = _mount(key=key, data={"labels": labels}, on_taken_change=_ignore).taken
    # The component repeats its last value in every rerun; `at` is its time in milliseconds.
    seen = session().clicks
    if not taken or taken["at"] <= seen.get(key, 0.0):
        return []
    seen[key] = taken["at"]
    return [photo for text in taken["photos"] if (photo := _decoded(text))]


def _decoded(text: str) -> bytes:
    """Return a photo; nothing for what is none, since a browser sends what it is told to."""
    try:
        photo = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return b""
    return photo if photo.startswith(b"\xff\xd8") and len(photo) <= MAX_PHOTO_BYTES else b""


def _ignore() -> None:
    """Do nothing: Streamlit requires a callback, but only the rerun that follows is needed."""
