"""The kernel editor: a square of number boxes, coloured by sign."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

_ASSETS = Path(__file__).parent / "assets"

_mount = st.components.v2.component(
    "cnnlab_kernel",
    html='<div class="cnnlab-kernel"></div>',
    css=(_ASSETS / "kernel.css").read_text(),
    js=(_ASSETS / "kernel.js").read_text(),
    isolate_styles=False,
)


def edit(kernel: np.ndarray, edition: str, label: str, key: str) -> np.ndarray:
    """Draw the editor and return what is in it; a box that holds no number counts as not a number.

    Args:
        kernel: float (size, size), what the editor begins with.
        edition: another edition begins anew with `kernel`.
        label: says what is edited, for those who cannot see it.
    """
    given = _mount(
        key=key, data={"values": kernel.tolist(), "edition": edition, "label": label}, on_kernel_change=_edited
    ).kernel
    if not given or given["edition"] != edition:
        return kernel
    return np.array([[np.nan if value is None else value for value in row] for row in given["values"]], dtype=float)


def _edited() -> None:
    """Streamlit asks for a callback; the rerun that follows is what is wanted."""
