"""One validation image with the network's ten probabilities."""

from __future__ import annotations

import functools

import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.evaluation import Evaluation
from cnnlab.figures.maps import map_data, map_figure
from cnnlab.figures.probabilities import probabilities_data, probabilities_figure
from cnnlab.figures.style import to_json
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors, timemachine
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _, translate


def show(place: Place) -> None:
    """The image's number, the image, and the bars."""
    run = next(iter(place.runs.values()))
    try:
        with st.spinner(_("Asking the network …")):
            found = _validated(run.id, lab().taken_moment(run.id))
    except CNNLabError as error:
        if not timemachine.waiting_for_workers():
            errors.show(error)
        return
    last = len(found.labels) - 1
    number = int(st.number_input(_("Validation image number"), 0, last, 0, key=f"{place.key}-number", width=160))
    names = tuple(translate(name) for name in DATASETS[run.training.dataset].class_names)
    truth = names[int(found.labels[number])]
    left, right = st.columns([2, 5], gap="medium")
    with left:
        st.markdown(_("It is: **{truth}**", truth=truth))
        image = found.images[number][:, :, 0].astype(float)
        live_charts([Chart(to_json(map_figure(map_data(image, limit=255.0))), truth, 1.0)], f"{place.key}-image")
    with right:
        data = probabilities_data(found.probabilities[number], names)
        st.markdown(_("The network says: **{answer}**", answer=names[data.best]))
        alt = _("The ten probabilities as bars.")
        live_charts([Chart(to_json(probabilities_figure(data, translate, 300)), alt)], key=f"{place.key}-bars")


@functools.lru_cache(maxsize=4)
def _validated(run: str, moment: Moment) -> Evaluation:
    return lab().evaluate(lab().run(run), moment, "validation")
