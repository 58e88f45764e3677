"""A frame on a picture that selects a part of it, with the mouse, a finger or the keyboard."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from cnnlab.ui.text import _
from cnnlab.vision.photo_digits import Frame

_HERE = Path(__file__).parent
SHOWN_PX = 640
"""Longer side of the picture as it is sent to the browser."""

_mount = st.components.v2.component(
    "cnnlab_crop_frame",
    html='<div class="cnnlab-crop"></div>',
    css=(_HERE / "crop_frame.css").read_text(),
    js=(_HERE / "crop_frame.js").read_text(),
    isolate_styles=False,
)


def choose(pixels: np.ndarray, preset: Frame, edition: str, key: str) -> Frame:
    """Draw the picture with a frame and return the frame.

    Args:
        pixels: float (height, width) or (height, width, 3), 0 to 1.
        preset: the frame to start with.
        edition: a new edition starts over with `preset`.
    """
    data = {
        "picture": _data_url(pixels),
        "preset": list(preset),
        "edition": edition,
        "label": _("Part of the picture to read"),
        "move": _("Move the frame: arrow keys"),
        "corners": [_("Upper left corner: arrow keys"), _("Upper right corner: arrow keys"),
                    _("Lower right corner: arrow keys"), _("Lower left corner: arrow keys")],
    }  # fmt: skip
    given = _mount(key=key, data=data, on_frame_change=_ignore).frame
    st.caption(_("The frame shows what is read. Drag it or its corners, or use the arrow keys."))
    if not given or given["edition"] != edition:
        return preset
    return Frame(*given["sides"])


def _data_url(pixels: np.ndarray) -> str:
    image = Image.fromarray((pixels * 255).round().astype(np.uint8))
    image.thumbnail((SHOWN_PX, SHOWN_PX))
    content = io.BytesIO()
    image.convert("RGB").save(content, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()


def _ignore() -> None:
    """Do nothing: Streamlit requires a callback, but only the rerun that follows is needed."""
