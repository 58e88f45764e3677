"""A drawing canvas with pen, eraser, undo, redo and clear. The drawing survives page switches and a reload."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st
from streamlit_drawable_canvas import st_canvas

from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.components.javascript import joined
from cnnlab.ui.components.sketch import Drawn, Sketch
from cnnlab.ui.session import session, state
from cnnlab.ui.text import _
from cnnlab.vision.digit_preprocessing import PEN_WIDTHS

CANVAS_PX = 280
"""Ten times the size of the digit that a network reads, and narrow enough for a phone."""
PENS = PEN_WIDTHS
"""Pen widths in pixels."""
INK, BACKGROUND = "#ffffff", "#000000"
_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "cnnlab_canvas",
    css=(_HERE / "canvas.css").read_text(encoding="utf-8"),
    js=joined(_HERE / name for name in ("invitation.js", "canvas.js")),
    isolate_styles=False,
)


def key_of(page: str) -> str:
    """Return the key of the canvas that `draw` draws now; each new canvas has another one."""
    return f"{page}-canvas-{state(Sketch).edition}"


def draw(key: str, *, inviting: bool = False, pens: bool = True) -> np.ndarray | None:
    """Draw the canvas and its tools.

    Args:
        inviting: whether a digit draws itself on the canvas as long as nothing has been drawn in this session.
        pens: whether to offer several pens and an eraser.

    Returns:
        uint8 (height, width, 4), white strokes on black; None if nothing has been drawn.
    """
    sketch = state(Sketch)
    sketch.visited(session().visit)
    # Read the tools first: the canvas depends on the selected pen. (The container puts it above them.)
    canvas_area = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        tool = _choose_pen(key) if pens else PENS[1]
        buttons = st.container(horizontal=True, gap="small", width="content", key=f"canvas-buttons-{key}")
    with canvas_area:
        drawn = st_canvas(
            stroke_width=tool or PENS[-1],
            stroke_color=INK if tool else BACKGROUND,
            background_color=BACKGROUND,
            height=CANVAS_PX,
            width=CANVAS_PX,
            initial_drawing={"objects": sketch.initial},
            return_image_data=True,
            key=key_of(key),
        )
        if drawn.image_data is not None and drawn.json_data is not None:
            sketch.take(Drawn(drawn.json_data["objects"], drawn.image_data))
        _help(key, inviting)
    with buttons:
        _buttons(key)
    return sketch.pixels


def _choose_pen(key: str) -> int:
    """Draw the pens and the eraser; return the width of the pen, 0 for the eraser."""
    names = {PENS[0]: _("Thin"), PENS[1]: _("Medium"), PENS[2]: _("Thick"), 0: _("Eraser")}
    chosen = st.segmented_control(
        _("Pen"), [*PENS, 0], default=PENS[1], format_func=names.__getitem__, required=True, key=f"{key}-pen",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    return chosen or 0


def _help(key: str, inviting: bool) -> None:
    """Draw what the canvas lacks, see canvas.js, and start with the drawing from before a reload, if there is one."""
    sketch = state(Sketch)
    data = {
        "canvas": key_of(key),
        "buttons": key,
        "label": _("Canvas. Ctrl+Z: undo, Ctrl+Y: redo, Delete: clear"),
        "empty": sketch.pixels is None,
        "begun": sketch.begun,
        "inviting": inviting and not sketch.begun,
    }
    kept = _mount(key=f"canvas-help-{key}", data=data, on_kept_change=_ignore).kept
    if kept and not sketch.begun:
        sketch.restore(kept)
        redraw()


def _buttons(key: str) -> None:
    """Draw undo, redo and clear; canvas.css shows only their icons.

    The canvas undoes strokes that the server may not have heard of yet, so the buttons do not wait for the server.
    """
    sketch = state(Sketch)
    idle = not sketch.begun
    if st.button(_("Undo"), icon=":material/undo:", help=_("Undo (Ctrl+Z)"), disabled=idle, key=f"{key}-undo"):
        sketch.undo()
        redraw()
    if st.button(_("Redo"), icon=":material/redo:", help=_("Redo (Ctrl+Y)"), disabled=idle, key=f"{key}-redo"):
        sketch.redo()
        redraw()
    if st.button(_("Clear"), icon=":material/delete:", help=_("Clear (Delete)"), disabled=idle, key=f"{key}-clear"):
        sketch.clear()
        redraw()


def _ignore() -> None:
    """Do nothing: Streamlit requires a callback, but only the rerun that follows is needed."""
