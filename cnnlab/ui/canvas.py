"""The drawing canvas behind one function: pen and eraser, undo, clear; the drawing outlives page switches."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit_drawable_canvas import st_canvas

from cnnlab.strokes import PEN_WIDTHS
from cnnlab.ui.remembered import Drawn
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _

SIDE = 280
"""Pixels; ten times the picture that a network reads, and narrow enough for a phone."""
PENS = PEN_WIDTHS
"""Widths of the pen in pixels."""
INK, GROUND = "#ffffff", "#000000"


def draw(key: str) -> np.ndarray | None:
    """Draw the canvas and its tools.

    Returns:
        uint8 (height, width, 4), white strokes on black; None where nothing has been drawn.
    """
    sketch = session().sketch
    # The canvas's own bar appears above it and would cover what stands there.
    st.space("small")
    # The tools are drawn first, since the canvas needs what is chosen in them.
    place = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        names = {PENS[0]: _("Thin"), PENS[1]: _("Medium"), PENS[2]: _("Thick"), 0: _("Eraser")}
        tool = st.segmented_control(
            _("Pen"), [*PENS, 0], default=PENS[1], format_func=names.__getitem__, required=True, key=f"{key}-pen",
            label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
        buttons = st.container(horizontal=True, gap="small", width="content")
    with place:
        drawn = st_canvas(
            stroke_width=tool or PENS[2],
            stroke_color=INK if tool else GROUND,
            background_color=GROUND,
            height=SIDE,
            width=SIDE,
            initial_drawing=sketch.begun,
            return_image_data=True,
            key=f"{key}-canvas-{sketch.edition}",
        )
    pixels = drawn.image_data
    if pixels is not None and drawn.json_data is not None:
        sketch.take(Drawn(drawn.json_data, pixels))
    with buttons:
        if st.button(_("Undo"), icon=":material/undo:", disabled=not sketch.past, key=f"{key}-undo"):
            sketch.undo()
            redraw()
        if st.button(_("Clear"), icon=":material/delete:", disabled=not sketch.past, key=f"{key}-clear"):
            sketch.clear()
            redraw()
    return sketch.pixels
