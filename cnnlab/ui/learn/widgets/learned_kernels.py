"""The kernels of a run's first convolution at any snapshot of its training, with their feature maps for one digit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.montage import Cell, montage_data, montage_figure, paint, side_by_side
from cnnlab.network.arithmetic import Window
from cnnlab.network.summary import summarize
from cnnlab.ui import errors
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.shared import moment_picker
from cnnlab.ui.text import _, n_
from cnnlab.vision.convolution import correlate
from cnnlab.vision.filters import filters

GRID_COLUMNS = 4
MIN_WIDTH_PX = 520
"""Width of the montage below which kernels and feature maps would be too small to read."""
KERNEL_PX = 28
"""Width of a kernel next to its feature map."""
DEFAULT_DIGIT = 12
"""Index of the test digit that the notes used."""


@errors.shown()
def show(context: WidgetContext) -> None:
    """Draw the snapshot slider, and each kernel next to its feature map, all on one scale."""
    run = next(iter(context.runs.values()))
    moments = lab().snapshots.of(run.id)
    if not moments:
        st.caption(_("This run has no saved weights."))
        return
    position: int = st.select_slider(
        _("Snapshot"),
        range(len(moments)),
        value=len(moments) - 1,
        format_func=lambda k: moment_picker.name(moments[k]),
        key=f"{context.key}-moment-{run.id}",
    )
    index = int(st.number_input(_("Test image index"), 0, 95, DEFAULT_DIGIT, key=f"{context.key}-digit", width=160))
    lab().snapshots.check_finite(run.id, moments[position])
    weights = lab().snapshots.weights(run.id, moments[position])
    probe = lab().runs.probe_images(run.id)
    if probe is None or index >= len(probe[0]):
        st.caption(_("This run has no saved images."))
        return
    image = probe[0][index][:, :, 0] / 255.0
    found = filters(summarize(run.network).rows[0], weights, run.network.input_shape)
    window = Window(found[0].kernel.shape, (1, 1))
    maps = [np.maximum(correlate(image, one.kernel, window, "same") + one.bias, 0) for one in found]
    strongest = float(max(np.abs(one.kernel).max() for one in found))
    brightest = float(max(feature.max() for feature in maps))
    cells = [
        Cell(
            side_by_side([
                paint(one.kernel, "signed", strongest, KERNEL_PX // one.kernel.shape[0]),
                paint(feature, "gray", brightest),
            ]),
            str(one.index),
        )
        for one, feature in zip(found, maps, strict=True)
    ]  # fmt: skip
    data = montage_data(cells, GRID_COLUMNS, label=0.2)
    alt = n_(
        "{count} kernel next to its feature map.",
        "{count} kernels, each next to its feature map.",
        count=len(found),
    )
    live_charts([Chart(montage_figure(data), alt, data.aspect, least=MIN_WIDTH_PX)], key=f"{context.key}-montage")
    st.caption(_("Left: the kernel (blue: positive, red: negative). Right: its feature map for the digit, after ReLU."))
