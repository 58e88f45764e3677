"""The grid of the first test images with a run's answers."""

from __future__ import annotations

import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.figures.answers import answers_data, answers_figure
from cnnlab.figures.style import to_json
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _, translate

LEAST = 680
"""Pixels of the grid's width below which its labels would run into each other."""


def show(place: Place) -> None:
    """One grid for the first of the experiment's runs."""
    run = next(iter(place.runs.values()))
    said, kept = lab().history(run.id).answers, lab().answered(run.id)
    if not said or kept is None:
        st.caption(_("This run has kept no answers."))
        return
    data = answers_data(*kept, said.predictions, DATASETS[run.training.dataset].class_names)
    st.markdown(
        _("**{wrong} of {count}** are wrong (framed; below: answer ≠ truth).",
          wrong=len(data.wrong), count=len(data.said))
    )  # fmt: skip
    alt = _("The first test images with the network’s answers; wrong ones are framed.")
    grid = Chart(to_json(answers_figure(data, translate)), alt, data.aspect, least=LEAST)
    live_charts([grid], key=f"{place.key}-grid")
