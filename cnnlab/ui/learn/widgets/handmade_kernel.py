"""A kernel that is applied to a digit, and can be edited."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cnnlab.datasets import scaled
from cnnlab.ui.components.kernel_stage import component as kernel_stage
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.state import LearnState
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.pages import go
from cnnlab.ui.session import state
from cnnlab.ui.text import _

MAX_DIGITS = 100
KERNEL_NAMES = (
    *("notes-horizontal", "notes-vertical", "diagonal-down", "diagonal-up", "laplacian"),
    *("box", "gaussian", "sharpen", "identity"),
)


def show(context: WidgetContext) -> None:
    """Draw digit, kernel and result in one stage."""
    learning = state(LearnState)
    index = int(st.number_input(_("Image index"), 0, MAX_DIGITS - 1, 2, key=f"{context.key}-digit", width=140))
    kernel_stage.design(
        scaled(lab().datasets.get("mnist-5k").x_train[index]),
        _("Digit"),
        learning.design,
        key=f"{context.key}-stage",
        keep=partial(setattr, learning, "design"),
        presets=KERNEL_NAMES,
    )
    if st.button(_("More kernels and images"), icon=":material/blur_on:", key=f"{context.key}-filters"):
        go("filters")
