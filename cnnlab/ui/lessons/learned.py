"""The kernels of a run's first convolution at any moment of its training, and what each makes of one digit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.figures.montage import Cell, beside, montage_data, montage_figure, paint
from cnnlab.figures.style import to_json
from cnnlab.network.arithmetic import Window
from cnnlab.network.shapes import summarize
from cnnlab.ui import errors, timemachine
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.text import _
from cnnlab.vision.convolution import correlate
from cnnlab.vision.filters import filters

COLUMNS = 4
LEAST = 520
"""Pixels of the montage's width below which kernel and map could not be told apart."""
SIDE = 28
"""Pixels at which a kernel is drawn beside its map."""
DIGIT = 12
"""The test digit that the notes chose."""


def show(place: Place) -> None:
    """The moment, then each kernel beside its feature map, on one scale."""
    run = next(iter(place.runs.values()))
    moments = lab().moments(run.id)
    if not moments:
        st.caption(_("This run has kept no weights."))
        return
    at: int = st.select_slider(
        _("Moment of the training"),
        range(len(moments)),
        value=len(moments) - 1,
        format_func=lambda k: timemachine.name(moments[k]),
        key=f"{place.key}-moment-{run.id}",
    )
    number = int(st.number_input(_("Test digit number"), 0, 95, DIGIT, key=f"{place.key}-digit", width=160))
    try:
        weights = lab().weights(run.id, moments[at])
    except CNNLabError as error:
        errors.show(error)
        return
    kept = lab().answered(run.id)
    if kept is None or number >= len(kept[0]):
        st.caption(_("This run has kept no images."))
        return
    image = kept[0][number][:, :, 0] / 255.0
    found = filters(summarize(run.network).rows[0], weights, run.network.input_shape)
    window = Window(found[0].kernel.shape, (1, 1))
    maps = [np.maximum(correlate(image, one.kernel, window, "same") + one.bias, 0) for one in found]
    strongest = float(max(np.abs(one.kernel).max() for one in found))
    brightest = float(max(feature.max() for feature in maps))
    cells = [
        Cell(
            beside([
                paint(one.kernel, "signed", strongest, SIDE // one.kernel.shape[0]),
                paint(feature, "grey", brightest),
            ]),
            str(one.index),
        )
        for one, feature in zip(found, maps, strict=True)
    ]  # fmt: skip
    data = montage_data(cells, COLUMNS, label=0.2)
    alt = _("{count} kernels, each beside what it makes of the picture.", count=len(found))
    live_charts([Chart(to_json(montage_figure(data)), alt, data.aspect, least=LEAST)], key=f"{place.key}-montage")
    st.caption(_("Left the kernel (blue: positive, red: negative), right what it makes of the digit, after ReLU."))
