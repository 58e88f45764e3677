"""A one-hot label next to a possible prediction."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.table import table
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.text import _, translate

DIGITS = tuple("0123456789")


def show(context: WidgetContext) -> None:
    """Draw the digit picker, its one-hot label, and a prediction that is fairly confident."""
    digit: int = st.segmented_control(
        _("Digit"), range(10), default=3, required=True, key=f"{context.key}-digit"
    ) or 0  # fmt: skip
    label = [int(k == digit) for k in range(10)]
    cells = [f"**{one}**" if one else "0" for one in label]
    table((_("digit"), *DIGITS), [(_("label"), *cells)], words=1)
    # Made up, but always the same for a digit: the correct class gets by far the largest logit.
    logits = np.random.default_rng(digit).normal(0, 1, 10)
    logits[digit] += 5
    prediction = np.exp(logits) / np.exp(logits).sum()
    figure = probabilities_figure(probabilities_data(prediction, DIGITS), translate)
    alt = _("A possible prediction: ten probabilities.")
    live_charts([Chart(figure, alt, title=_("A possible prediction (made up)"))], f"{context.key}-answer")
