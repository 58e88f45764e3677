"""Dropout on twenty neurons: which are off in this batch, how the others are scaled, and what the sum is."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.dropout import dropout_data, dropout_figure
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.text import _, n_, translate

AVERAGED_BATCHES = 200
"""Number of batches that the mean covers."""


def show(context: WidgetContext) -> None:
    """Draw the controls, and the outputs of the neurons during training and prediction."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rate = st.slider(_("Rate p (share switched off)"), 0.0, 0.8, 0.5, 0.05, key=f"{context.key}-rate")
        batch = int(st.number_input(_("Batch"), 1, 999, 1, key=f"{context.key}-batch", width=130))
    data = dropout_data(rate, batch)
    alt = n_(
        "Outputs of {all} neurons; {count} is switched off.",
        "Outputs of {all} neurons; {count} are switched off.",
        count=data.off,
        all=len(data.outputs),
    )
    mean = float(np.mean([sum(dropout_data(rate, k).training) for k in range(1, AVERAGED_BATCHES + 1)]))
    numbers = [
        (_("Switched off"), f"{data.off} / {len(data.outputs)}"),
        (_("Scale of the others, 1/(1−p)"), f"{data.scale:.2f}"),
        (_("Sum during prediction"), f"{sum(data.outputs):.1f}"),
        (_("Sum in this batch"), f"{sum(data.training):.1f}"),
        (_("Mean over {count} batches", count=AVERAGED_BATCHES), f"{mean:.1f}"),
    ]
    live_charts([Chart(dropout_figure(data, translate), alt)], key=f"{context.key}-chart", numbers=numbers)
