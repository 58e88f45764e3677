"""Dropout on twenty neurons: which are off in this batch, what becomes of the others, and what the sum does."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.dropout import dropout_data, dropout_figure
from cnnlab.figures.style import to_json
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _, translate

MANY = 200
"""Batches over which the mean is taken."""


def show(place: Place) -> None:
    """The rate, the batch, and the outputs of the neurons while training and while predicting."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rate = st.slider(_("Rate p (the share that is switched off)"), 0.0, 0.8, 0.5, 0.05, key=f"{place.key}-rate")
        batch = int(st.number_input(_("Batch"), 1, 999, 1, key=f"{place.key}-batch", width=130))
    data = dropout_data(rate, batch)
    alt = _("Outputs of twenty neurons; {off} of them are switched off.", off=data.off)
    mean = float(np.mean([sum(dropout_data(rate, k).training) for k in range(1, MANY + 1)]))
    numbers = [
        (_("Switched off"), f"{data.off} / {len(data.outputs)}"),
        (_("The others times 1/(1−p)"), f"{data.scale:.2f}"),
        (_("Sum while predicting"), f"{sum(data.outputs):.1f}"),
        (_("Sum in this batch"), f"{sum(data.training):.1f}"),
        (_("Mean over 200 batches"), f"{mean:.1f}"),
    ]
    live_charts([Chart(to_json(dropout_figure(data, translate)), alt)], key=f"{place.key}-chart", numbers=numbers)
