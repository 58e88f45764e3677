"""Sigmoid and ReLU with a point to move along them."""

from __future__ import annotations

import streamlit as st

from cnnlab.figures.activations import RANGE, activations_data, activations_figure
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.text import _, translate


def show(context: WidgetContext) -> None:
    """Draw the slider and the two charts."""
    x = st.slider(_("Sum x"), -RANGE, RANGE, 1.0, 0.1, key=f"{context.key}-x")
    data = activations_data(x)
    charts = [
        Chart(
            activations_figure(data, "value", translate),
            _("Sigmoid and ReLU, each with the point and its tangent."),
            title=_("Functions"),
        ),
        Chart(
            activations_figure(data, "slope", translate),
            _("The slopes of sigmoid and ReLU."),
            title=_("Slopes"),
        ),
    ]
    numbers = [
        (_("sigmoid: output"), f"{data.sigmoid.value:.3f}"),
        (_("sigmoid: slope"), f"{data.sigmoid.slope:.3f}"),
        (_("ReLU: output"), f"{data.relu.value:.3f}"),
        (_("ReLU: slope"), f"{data.relu.slope:.0f}"),
    ]
    live_charts(charts, key=f"{context.key}-charts", numbers=numbers)
