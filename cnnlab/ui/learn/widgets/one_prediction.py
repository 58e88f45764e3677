"""One validation image with the network's class probabilities."""

from __future__ import annotations

import functools

import streamlit as st

from cnnlab.evaluation.metrics import Evaluation
from cnnlab.figures.heatmap import map_data, map_figure
from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.training.snapshots import Moment
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.shared import engine_status, outputs
from cnnlab.ui.text import _, translate


@engine_status.errors_shown()
def show(context: WidgetContext) -> None:
    """Draw the image picker, the image, and its class probabilities."""
    run = next(iter(context.runs.values()))
    with st.spinner(_("Running the network …")):
        found = _validated(run.id, lab().snapshots.final(run.id))
    last = len(found.labels) - 1
    index = int(st.number_input(_("Validation image index"), 0, last, 0, key=f"{context.key}-number", width=160))
    names = tuple(translate(name) for name in run.dataset.class_names)
    label = names[int(found.labels[index])]
    left, right = st.columns([2, 5], gap="medium")
    with left:
        st.markdown(_("Label: **{label}**", label=label))
        image = found.images[index][:, :, 0].astype(float)
        live_charts([Chart(map_figure(map_data(image, limit=255.0)), label, 1.0)], f"{context.key}-image")
    with right:
        data = probabilities_data(found.probabilities[index], names, found.kind)
        st.markdown(_("Prediction: **{prediction}**", prediction=names[data.best]))
        alt = _("Bar chart of the network’s ten outputs.")
        live_charts([Chart(probabilities_figure(data, translate, 300), alt)], key=f"{context.key}-bars")
        outputs.note(found.kind)


@functools.lru_cache(maxsize=4)
def _validated(run: str, moment: Moment) -> Evaluation:
    return lab().evaluation.evaluate(lab().runs.get(run), moment, "validation")
