"""What the hidden neurons of dense networks look at: their weights as pictures."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint
from cnnlab.figures.style import to_json
from cnnlab.network.shapes import summarize
from cnnlab.runs.record import Run
from cnnlab.ui import errors
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _
from cnnlab.vision.filters import filters, has_filters

COLUMNS = 8
LEAST = 620
"""Pixels of the montage's width below which nothing could be found in a neuron's weights."""


def show(place: Place) -> None:
    """Sixteen pictures for each of the experiment's runs."""
    for setup, run in place.runs.items():
        st.markdown(f"**{place.titles[setup]}**")
        try:
            _pictures(run, f"{place.key}-{setup}")
        except CNNLabError as error:
            errors.show(error)
    st.caption(_("Blue: a pixel there speaks for the neuron (positive weight); red: against it."))


def _pictures(run: Run, key: str) -> None:
    rows = summarize(run.network).rows
    row = next(row for row in rows if has_filters(row, rows[: row.index]))
    found = filters(row, lab().weights(run.id, lab().taken_moment(run.id)), run.network.input_shape)
    limit = float(max(np.abs(one.kernel).max() for one in found))
    cells = [Cell(paint(one.kernel, "signed", limit), str(one.index)) for one in found]
    data = montage_data(cells, COLUMNS, label=0.25)
    alt = _("The weights of {count} neurons as pictures.", count=len(found))
    live_charts([Chart(to_json(montage_figure(data)), alt, data.aspect, least=LEAST)], key=key)
