"""Data: look at what a network will be shown."""

import streamlit as st

from cnnlab.ui import data, frame
from cnnlab.ui.text import _

frame.come_in("data")
frame.title(
    _("Data"),
    _(
        "Look at what a network will be shown: the images, how many there are of each class, and an image as the "
        "numbers that it is."
    ),
)
st.fragment(data.body)()
