"""A hand-designed kernel and what it makes of a digit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.datasets import scaled
from cnnlab.figures.maps import map_data, map_figure
from cnnlab.figures.style import to_json
from cnnlab.network.arithmetic import Window
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _, translate
from cnnlab.vision.convolution import correlate
from cnnlab.vision.kernels import KERNELS

MOST_DIGITS = 100
OFFERED = (
    *("notes-horizontal", "notes-vertical", "diagonal-down", "diagonal-up", "laplacian"),
    *("box", "gaussian", "sharpen", "identity"),
)


def show(place: Place) -> None:
    """Kernel, digit and result side by side."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            _("Kernel"),
            OFFERED,
            format_func=lambda name: translate(KERNELS[name].title),
            key=f"{place.key}-kernel",
            width=300,
        )
        number = int(st.number_input(_("Digit number"), 0, MOST_DIGITS - 1, 2, key=f"{place.key}-digit", width=140))
    kernel = KERNELS[name].array
    image = scaled(lab().dataset("mnist-5k").x_train[number])[:, :, 0]
    result = correlate(image, kernel, Window(kernel.shape, (1, 1)), "same")
    shown = (
        (map_data(image, limit=1.0), _("Digit")),
        (map_data(kernel, "signed"), _("Kernel")),
        (map_data(result, "signed"), _("Result")),
    )
    # Not columns: on a phone these would be one below the other.
    with st.container(horizontal=True, gap="small", key=f"row-{place.key}"):
        for data, title in shown:
            live_charts([Chart(to_json(map_figure(data)), title, 1.0, title=title)], key=f"{place.key}-{title}")
    total = float(np.round(kernel.sum(), 6))
    st.caption(
        _(
            "{about} The elements sum to {total:g}. In the result blue is above zero, red below, and white is zero.",
            about=translate(KERNELS[name].about),
            total=total,
        )
    )
    if st.button(_("Change its numbers yourself"), icon=":material/blur_on:", key=f"{place.key}-filters"):
        st.switch_page("pages/filters.py")
