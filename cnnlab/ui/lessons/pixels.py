"""A digit, and a square of it as numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.figures.maps import map_data, map_figure
from cnnlab.figures.style import to_json
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _

SIDE = 7
MOST_DIGITS = 100


def show(place: Place) -> None:
    """The digit, its framed square, and the square's numbers. A click moves the frame."""
    learning = session().learning
    number = int(st.number_input(_("Digit number"), 0, MOST_DIGITS - 1, 2, key=f"{place.key}-digit", width=140))
    dataset = lab().dataset("mnist-5k")
    image = dataset.x_train[number][:, :, 0]
    row, column = learning.corner
    patch = image[row : row + SIDE, column : column + SIDE]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(_("**The picture**: a {digit}", digit=dataset.class_names[int(dataset.y_train[number])]))
        picture = map_figure(map_data(image.astype(float), limit=255.0, mark=(row, column, SIDE, SIDE)))
        alt = _("The picture; the square is framed.")
        click = live_charts([Chart(to_json(picture), alt, 1.0)], key=f"{place.key}-picture", width=340, clickable=True)
        if click and click.at > learning.clicked:
            last = len(image) - SIDE
            middle = np.array([click.y, click.x]).round().astype(int) - SIDE // 2
            learning.corner, learning.clicked = (int(middle[0].clip(0, last)), int(middle[1].clip(0, last))), click.at
            redraw()
    with right:
        st.markdown(_("**Rows {row} to {last}, columns {column} to {end}**",
                      row=row, last=row + SIDE - 1, column=column, end=column + SIDE - 1))  # fmt: skip
        numbers = map_figure(map_data(patch.astype(float), limit=255.0))
        live_charts([Chart(to_json(numbers), _("The numbers in the square."), 1.0)], f"{place.key}-numbers", width=340)
    st.caption(_("Every number is between 0 (black) and 255 (white). Click the picture to look elsewhere."))
