"""The probability of the right answer, and the loss that follows from it."""

from __future__ import annotations

import streamlit as st

from cnnlab.figures.crossentropy import LEAST, crossentropy_figure, loss
from cnnlab.figures.style import to_json
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _, translate


def show(place: Place) -> None:
    """The slider, the curve and its point."""
    p = st.slider(_("Probability of the right answer"), LEAST, 1.0, 0.1, 0.01, key=f"{place.key}-p")
    alt = _(
        "The loss falls from {highest:.1f} at a probability of {least} to 0 at 1.", highest=loss(LEAST), least=LEAST
    )
    figure = crossentropy_figure(p, translate)
    numbers = [(_("Probability"), f"{p:.2f}"), (_("Loss"), f"{abs(loss(p)):.3f}")]
    live_charts([Chart(to_json(figure), alt)], key=f"{place.key}-chart", numbers=numbers)
