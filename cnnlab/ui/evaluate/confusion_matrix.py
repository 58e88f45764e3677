"""The Confusion matrix tab; a click on a cell shows its images."""

from __future__ import annotations

import streamlit as st

from cnnlab.figures.confusion import confusion_data, confusion_figure
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.evaluate import examples
from cnnlab.ui.evaluate.evaluated import EvaluatedRun
from cnnlab.ui.evaluate.state import EvaluateState
from cnnlab.ui.session import state
from cnnlab.ui.text import _, translate


def body(evaluated: EvaluatedRun) -> None:
    """Draw the matrix and the images of the selected cell."""
    page = state(EvaluateState)
    found, classes = evaluated.found, evaluated.run.dataset.class_names
    left, right = st.columns([3, 2], gap="large")
    with left:
        shares = st.toggle(_("Show percentages"), key="confusion-shares", persist_state="session")
        figure = confusion_figure(confusion_data(found.confusion, classes, shares), translate)
        alt = _("Confusion matrix: rows are true classes, columns are predictions.")
        click = live_charts([Chart(figure, alt)], key="confusion", clickable=True)
        if click:
            page.cell, page.image = (int(click.y), int(click.x)), None
            redraw()
        st.caption(_("Click a cell to see its images."))
    with right:
        if page.cell is None:
            return
        label, predicted = page.cell
        indices = found.predicted_as(label, predicted)
        names = errors.plain(evaluated.classes[label]), errors.plain(evaluated.classes[predicted])
        if label == predicted:
            st.markdown(_("**{label}, correct**: {count}", label=names[0], count=len(indices)))
        else:
            text = _("**{label}, predicted as {prediction}**: {count}", label=names[0], prediction=names[1],
                     count=len(indices))  # fmt: skip
            st.markdown(text)
        examples.gallery(evaluated, indices, "cell", columns=6)
    examples.selected_image(evaluated)
