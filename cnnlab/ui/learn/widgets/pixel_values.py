"""A digit, and the pixel values of a square in it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.heatmap import map_data, map_figure
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.lab import lab
from cnnlab.ui.learn.state import LearnState
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.session import state
from cnnlab.ui.text import _

SQUARE_PX = 7
MAX_DIGITS = 100


def show(context: WidgetContext) -> None:
    """Draw the digit with the framed square, and the square's pixel values. A click moves the frame."""
    learning = state(LearnState)
    index = int(st.number_input(_("Image index"), 0, MAX_DIGITS - 1, 2, key=f"{context.key}-digit", width=140))
    dataset = lab().datasets.get("mnist-5k")
    image = dataset.x_train[index][:, :, 0]
    row, column = learning.corner
    patch = image[row : row + SQUARE_PX, column : column + SQUARE_PX]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(_("**Image** (label: {digit})", digit=dataset.class_names[int(dataset.y_train[index])]))
        figure = map_figure(map_data(image.astype(float), limit=255.0, mark=(row, column, SQUARE_PX, SQUARE_PX)))
        alt = _("The image; the square is framed.")
        click = live_charts([Chart(figure, alt, 1.0)], key=f"{context.key}-picture", width=340, clickable=True)
        if click:
            last = len(image) - SQUARE_PX
            middle = np.array([click.y, click.x]).round().astype(int) - SQUARE_PX // 2
            learning.corner = int(middle[0].clip(0, last)), int(middle[1].clip(0, last))
            redraw()
    with right:
        st.markdown(_("**Rows {row} to {last}, columns {column} to {end}**",
                      row=row, last=row + SQUARE_PX - 1, column=column, end=column + SQUARE_PX - 1))  # fmt: skip
        values = map_figure(map_data(patch.astype(float), limit=255.0))
        live_charts([Chart(values, _("The pixel values in the square."), 1.0)], f"{context.key}-numbers", width=340)
    st.caption(_("Every value is between 0 (black) and 255 (white). Click the image to move the frame."))
