"""Cross-entropy loss as a function of the probability given to the correct class."""

from __future__ import annotations

import streamlit as st

from cnnlab.figures.crossentropy import MIN_PROBABILITY, crossentropy_figure, loss
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.text import _, translate


def show(context: WidgetContext) -> None:
    """Draw the slider, and the curve with its point."""
    p = st.slider(_("Probability of the correct class"), MIN_PROBABILITY, 1.0, 0.1, 0.01, key=f"{context.key}-p")
    alt = _(
        "The loss falls from {highest:.1f} at probability {lowest} to 0 at probability 1.",
        highest=loss(MIN_PROBABILITY),
        lowest=MIN_PROBABILITY,
    )
    figure = crossentropy_figure(p, translate)
    numbers = [(_("Probability"), f"{p:.2f}"), (_("Loss"), f"{abs(loss(p)):.3f}")]
    live_charts([Chart(figure, alt)], key=f"{context.key}-chart", numbers=numbers)
