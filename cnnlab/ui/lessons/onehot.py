"""A label as ten numbers, and an answer beside it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.figures.style import to_json
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.tables import table
from cnnlab.ui.text import _, translate

DIGITS = tuple("0123456789")


def show(place: Place) -> None:
    """The choice, the label as a table, and bars of an answer that is fairly sure of it."""
    digit: int = st.segmented_control(
        _("The digit"), range(10), default=3, required=True, key=f"{place.key}-digit"
    ) or 0  # fmt: skip
    label = [int(k == digit) for k in range(10)]
    cells = [f"**{one}**" if one else "0" for one in label]
    table((_("digit"), *DIGITS), [(_("label"), *cells)], words=1)
    # Made up, the same for every digit: most of it for the right one, some for the next ones.
    sums = np.random.default_rng(digit).normal(0, 1, 10)
    sums[digit] += 5
    answer = np.exp(sums) / np.exp(sums).sum()
    figure = probabilities_figure(probabilities_data(answer, DIGITS), translate)
    alt = _("What a network might answer: ten probabilities.")
    live_charts([Chart(to_json(figure), alt, title=_("What a network might answer (made up)"))], f"{place.key}-answer")
