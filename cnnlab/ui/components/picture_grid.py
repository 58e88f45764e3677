"""A grid of pictures of which any number can be selected, in the browser at once."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st
from PIL import Image

from cnnlab.ui.components.javascript import joined

_HERE = Path(__file__).parent
SIDE = 96
"""Longer side of a picture as it is sent to the browser."""

_mount = st.components.v2.component(
    "cnnlab_picture_grid",
    html='<div class="cnnlab-grid"></div>',
    css=(_HERE / "picture_grid.css").read_text(encoding="utf-8"),
    js=joined([_HERE / "kernel_stage" / "nodes.js", _HERE / "picture_grid.js"]),
    isolate_styles=False,
)


class Picture(NamedTuple):
    """A picture of a grid: the number by which it is selected, its name, a PNG or JPEG file, and a caption."""

    id: int
    name: str
    file: bytes
    caption: str = ""


def select(pictures: Sequence[Picture], label: str, key: str, edition: str) -> list[int]:
    """Draw pictures and return the numbers of the selected ones, increasing.

    Args:
        label: what they are, for screen readers.
        edition: what else distinguishes these pictures: with another edition, none is selected.
    """
    content = hashlib.sha256(
        repr((edition, [(one.id, one.name, one.caption) for one in pictures])).encode()
    ).hexdigest()[:16]
    shown = [
        {"id": one.id, "name": one.name, "source": thumbnail(one.file), "caption": one.caption} for one in pictures
    ]
    given = _mount(
        key=key, data={"pictures": shown, "label": label, "edition": content}, on_chosen_change=_ignore
    ).chosen
    if not given or given["edition"] != content:
        return []
    known = {one.id for one in pictures}
    return sorted(known.intersection(given["ids"]))


@st.cache_data(max_entries=4_000, show_spinner=False)
def thumbnail(file: bytes) -> str:
    """Return a small version of a PNG or JPEG file as a data URL."""
    with Image.open(io.BytesIO(file), formats=("PNG", "JPEG")) as picture:
        picture.draft(None, (SIDE, SIDE))
        small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE))
    content = io.BytesIO()
    if max(small.size) < SIDE // 2:
        small.save(content, "PNG")
        return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    small.save(content, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()


def _ignore() -> None:
    """Do nothing: Streamlit requires a callback, but only the rerun that follows is needed."""
