"""CNN Lab: `streamlit run app.py`. Page configuration and navigation only."""

import streamlit as st

from cnnlab.ui import page_header, pages
from cnnlab.ui.text import choose_language

st.set_page_config(page_title="CNN Lab", page_icon=":material/grid_on:", layout="wide")

choose_language()
navigation = pages.navigation()
page = st.navigation(list(navigation.values()), position="top")
page_header.follow_deep_link(navigation)
page.run()
