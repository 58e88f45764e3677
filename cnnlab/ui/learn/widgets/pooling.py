"""Pooling of random values, and of a digit that can be shifted."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from cnnlab.datasets import scaled
from cnnlab.figures.heatmap import map_data, map_figure
from cnnlab.network.arithmetic import Window
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.kernel_stage import component as kernel_stage
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.state import LearnState
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.session import state
from cnnlab.ui.text import _, translate
from cnnlab.vision.convolution import POOLING, Pooling, pool

POOL_2X2 = Window((2, 2), (2, 2))
KERNEL, DIGIT = "sobel-vertical", 2
COLOR_LIMIT = 13.0
"""Above the highest value, 9, so that no cell is white on a white page."""


def _kind(context: WidgetContext) -> Pooling:
    """Return the selected kind of pooling."""
    chosen: Pooling | None = st.segmented_control(
        _("Pooling"),
        list(POOLING),
        default="max",
        format_func=lambda kind: translate(POOLING[kind]),
        required=True,
        key=f"{context.key}-kind",
    )
    return chosen or "max"


def show_values(context: WidgetContext) -> None:
    """Draw 16 random values before pooling, and the four values after it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = _kind(context)
        learning = state(LearnState)
        if st.button(_("New values"), icon=":material/casino:", key=f"{context.key}-other"):
            learning.seed += 1
    before = np.random.default_rng(learning.seed).integers(0, 10, (4, 4)).astype(float)
    after = pool(before, POOL_2X2, kind)
    shown = ((before, _("Before: 4×4")), (after, _("After: 2×2")))
    for column, (values, title) in zip(st.columns(2, gap="medium"), shown, strict=True):
        with column:
            st.markdown(f"**{title}**")
            chart = Chart(map_figure(map_data(values, limit=COLOR_LIMIT)), title, 1.0)
            live_charts([chart], key=f"{context.key}-{len(values)}", width=240)


def show_shift(context: WidgetContext) -> None:
    """Draw a digit that can be shifted, its feature map and the pooled map, and how much each map changes."""
    learning = state(LearnState)
    kernel_stage.pooling(
        scaled(lab().datasets.get("mnist-5k").x_train[DIGIT]),
        learning.pooling,
        key=f"{context.key}-stage",
        keep=partial(setattr, learning, "pooling"),
        presets=(KERNEL,),
    )
