"""A digit before and after its pixels are shuffled, and the average of many such digits."""

from __future__ import annotations

import streamlit as st

from cnnlab.figures.maps import map_data, map_figure
from cnnlab.figures.style import to_json
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _

MOST_DIGITS = 100


def show(place: Place) -> None:
    """Both pictures of one digit."""
    number = int(st.number_input(_("Digit number"), 0, MOST_DIGITS - 1, 2, key=f"{place.key}-digit", width=140))
    shown = ((_("as it was written"), "mnist-5k"), (_("all pixels shuffled"), "mnist-5k-shuffled"))
    for column, (title, name) in zip(st.columns(2, gap="medium"), shown, strict=True):
        image = lab().dataset(name).x_train[number][:, :, 0].astype(float)
        with column:
            st.markdown(f"**{title}**")
            chart = Chart(to_json(map_figure(map_data(image, limit=255.0))), title, 1.0)
            live_charts([chart], key=f"{place.key}-{name}", width=280)
