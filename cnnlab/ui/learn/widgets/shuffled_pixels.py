"""A digit before and after its pixels are shuffled."""

from __future__ import annotations

import streamlit as st

from cnnlab.figures.heatmap import map_data, map_figure
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.text import _

MAX_DIGITS = 100


def show(context: WidgetContext) -> None:
    """Draw both versions of one digit."""
    index = int(st.number_input(_("Image index"), 0, MAX_DIGITS - 1, 2, key=f"{context.key}-digit", width=140))
    shown = ((_("Original"), "mnist-5k"), (_("Pixels shuffled"), "mnist-5k-shuffled"))
    for column, (title, name) in zip(st.columns(2, gap="medium"), shown, strict=True):
        image = lab().datasets.get(name).x_train[index][:, :, 0].astype(float)
        with column:
            st.markdown(f"**{title}**")
            chart = Chart(map_figure(map_data(image, limit=255.0)), title, 1.0)
            live_charts([chart], key=f"{context.key}-{name}", width=280)
