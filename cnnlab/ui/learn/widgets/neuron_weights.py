"""The weights of the hidden neurons of dense networks, as images."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint
from cnnlab.network.summary import summarize
from cnnlab.runs.run import Run
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.text import _
from cnnlab.vision.filters import filters, has_filters

GRID_COLUMNS = 8
MIN_WIDTH_PX = 620
"""Width of the montage below which the weights would be too small to read."""


def show(context: WidgetContext) -> None:
    """Draw one image per hidden neuron for each of the experiment's runs."""
    for setup, run in context.runs.items():
        st.markdown(f"**{context.titles[setup]}**")
        _weight_images(run, f"{context.key}-{setup}")
    st.caption(
        _(
            "Blue: positive weights, where bright pixels activate the neuron. Red: negative weights, where they "
            "inhibit it."
        )
    )


@errors.shown()
def _weight_images(run: Run, key: str) -> None:
    rows = summarize(run.network).rows
    row = next(row for row in rows if has_filters(row, rows[: row.index]))
    moment = lab().snapshots.final(run.id)
    lab().snapshots.check_finite(run.id, moment)
    found = filters(row, lab().snapshots.weights(run.id, moment), run.network.input_shape)
    limit = float(max(np.abs(one.kernel).max() for one in found))
    cells = [Cell(paint(one.kernel, "signed", limit), str(one.index)) for one in found]
    data = montage_data(cells, GRID_COLUMNS, label=0.25)
    alt = _("The weights of {count} neurons as images.", count=len(found))
    live_charts([Chart(montage_figure(data), alt, data.aspect, least=MIN_WIDTH_PX)], key=key)
