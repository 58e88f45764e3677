"""Sigmoid and ReLU with a point that can be moved along them."""

from __future__ import annotations

import streamlit as st

from cnnlab.figures.activations import RANGE, activations_data, activations_figure
from cnnlab.figures.style import to_json
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _, translate


def show(place: Place) -> None:
    """The slider and the two charts."""
    x = st.slider(_("Sum x"), -RANGE, RANGE, 1.0, 0.1, key=f"{place.key}-x")
    data = activations_data(x)
    charts = [
        Chart(
            to_json(activations_figure(data, "value", translate)),
            _("Sigmoid and ReLU with the point and its tangent."),
            title=_("The functions"),
        ),
        Chart(
            to_json(activations_figure(data, "slope", translate)),
            _("The slopes of sigmoid and ReLU."),
            title=_("Their slopes"),
        ),
    ]
    numbers = [
        (_("sigmoid: output"), f"{data.sigmoid.value:.3f}"),
        (_("sigmoid: slope"), f"{data.sigmoid.slope:.3f}"),
        (_("ReLU: output"), f"{data.relu.value:.3f}"),
        (_("ReLU: slope"), f"{data.relu.slope:.0f}"),
    ]
    live_charts(charts, key=f"{place.key}-charts", numbers=numbers)
