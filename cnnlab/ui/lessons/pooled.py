"""Pooling in numbers, and on a digit that can be shifted."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.datasets import scaled
from cnnlab.figures.maps import map_data, map_figure
from cnnlab.figures.style import to_json
from cnnlab.network.arithmetic import Window
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.design import POOLING
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.state import session
from cnnlab.ui.text import _, translate
from cnnlab.vision.convolution import Pooling, correlate, difference, pool, shift
from cnnlab.vision.kernels import KERNELS

TWO = Window((2, 2), (2, 2))
KERNEL = "sobel-vertical"
BRIGHTEST = 13.0
"""More than the highest number, 9: a white cell would vanish on a white page."""


def _kind(place: Place) -> Pooling:
    chosen: Pooling | None = st.segmented_control(
        _("Pooling"),
        list(POOLING),
        default="max",
        format_func=lambda kind: translate(POOLING[kind]),
        required=True,
        key=f"{place.key}-kind",
    )
    return chosen or "max"


def numbers(place: Place) -> None:
    """A square of sixteen numbers, and the four that are left."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = _kind(place)
        learning = session().learning
        if st.button(_("Take other numbers"), icon=":material/casino:", key=f"{place.key}-other"):
            learning.seed += 1
    before = np.random.default_rng(learning.seed).integers(0, 10, (4, 4)).astype(float)
    after = pool(before, TWO, kind)
    shown = ((before, _("Before: 4×4")), (after, _("After: 2×2")))
    for column, (values, title) in zip(st.columns(2, gap="medium"), shown, strict=True):
        with column:
            st.markdown(f"**{title}**")
            chart = Chart(to_json(map_figure(map_data(values, limit=BRIGHTEST))), title, 1.0)
            live_charts([chart], key=f"{place.key}-{len(values)}", width=240)


def shifted(place: Place) -> None:
    """A feature map and the pooled map, of a digit and of the same digit shifted; and how much each changed."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = _kind(place)
        size = int(st.number_input(_("Side of the squares (`pool_size`)"), 1, 7, 2, key=f"{place.key}-size", width=220))
    right = st.slider(_("Shift right"), -4, 4, 1, key=f"{place.key}-right")
    hand, window = KERNELS[KERNEL].array, Window((size, size), (size, size))
    image = scaled(lab().dataset("mnist-5k").x_train[2])[:, :, 0]
    maps = []
    for pixels in (image, shift(image, 0, right)):
        feature = np.maximum(correlate(pixels, hand, Window(hand.shape, (1, 1)), "same"), 0)
        maps.append((pixels, feature, pool(feature, window, kind)))
    titles = (_("Digit"), _("Feature map"), _("Pooled"))
    limits = [max(float(maps[row][k].max()) for row in (0, 1)) for k in range(3)]
    for row, said in enumerate((_("As it is"), _("Shifted"))):
        st.markdown(f"**{said}**")
        # Not columns: on a phone these would be one below the other.
        with st.container(horizontal=True, gap="small", key=f"row-{place.key}-{row}"):
            for k, title in enumerate(titles):
                figure = map_figure(map_data(maps[row][k], limit=limits[k]), written_out=False)
                live_charts([Chart(to_json(figure), title, 1.0, title=title)], key=f"{place.key}-{row}-{k}")
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            _("The shift changes the feature map by"), f"{difference(maps[0][1], maps[1][1]):.0%}", width="content"
        )
        st.metric(_("and the pooled one by"), f"{difference(maps[0][2], maps[1][2]):.0%}", width="content")
