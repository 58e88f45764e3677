"""Grid of the first test images with a run's predictions."""

from __future__ import annotations

import streamlit as st

from cnnlab.figures.prediction_grid import predictions_data, predictions_figure
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.text import _, n_, translate

MIN_WIDTH_PX = 680
"""Width of the grid below which its labels would overlap."""


def show(context: WidgetContext) -> None:
    """Draw the grid for the first of the experiment's runs."""
    run = next(iter(context.runs.values()))
    predicted, images = lab().runs.history(run.id).answers, lab().runs.probe_images(run.id)
    if not predicted or images is None:
        st.caption(_("This run has no saved predictions."))
        return
    data = predictions_data(*images, predicted.predictions, run.dataset.class_names)
    st.markdown(
        n_(
            "**{count} of {all}** is wrong (framed; its caption reads prediction ≠ label).",
            "**{count} of {all}** are wrong (framed; their captions read prediction ≠ label).",
            count=len(data.wrong),
            all=len(data.predicted),
        )
    )
    alt = _("The first test images with the network’s predictions; mistakes are framed.")
    grid = Chart(predictions_figure(data, translate), alt, data.aspect, least=MIN_WIDTH_PX)
    live_charts([grid], key=f"{context.key}-grid")
