"""Data page: explore the datasets that networks learn from."""

import streamlit as st

from cnnlab.ui import page_header
from cnnlab.ui.data import dataset
from cnnlab.ui.text import _

page_header.enter("data")
page_header.title(
    _("Data"),
    _("Explore the data a network learns from: the images, the class counts, and the numbers behind each image."),
)
st.fragment(dataset.body)()
