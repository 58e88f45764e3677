"""CNN Lab: `streamlit run app.py`. Page config, navigation, and nothing else."""

import streamlit as st

from cnnlab.ui import frame
from cnnlab.ui.text import _, choose_language

st.set_page_config(page_title="CNN Lab", page_icon=":material/grid_on:", layout="wide")

choose_language()
pages = {
    "home": st.Page("pages/home.py", title=_("Home"), icon=":material/home:", default=True),
    "data": st.Page("pages/data.py", title=_("Data"), icon=":material/image_search:"),
    "build": st.Page("pages/build.py", title=_("Build"), icon=":material/layers:"),
    "train": st.Page("pages/train.py", title=_("Train"), icon=":material/play_circle:"),
    "filters": st.Page("pages/filters.py", title=_("Filters"), icon=":material/blur_on:"),
    "maps": st.Page("pages/maps.py", title=_("Feature maps"), icon=":material/filter_none:"),
    "draw": st.Page("pages/draw.py", title=_("Draw"), icon=":material/draw:"),
    "evaluate": st.Page("pages/evaluate.py", title=_("Evaluate"), icon=":material/fact_check:"),
    "runs": st.Page("pages/runs.py", title=_("Runs"), icon=":material/table_rows:"),
    "learn": st.Page("pages/learn.py", title=_("Learn"), icon=":material/school:"),
}
page = st.navigation(list(pages.values()), position="top")
frame.follow_deep_link(pages)
page.run()
