"""Home: see at a glance what this is, and start something within ten seconds."""

import streamlit as st

from cnnlab.network.recipes import FIRST, RECIPES, suited
from cnnlab.ui import choose, frame, live
from cnnlab.ui.state import session
from cnnlab.ui.text import _

frame.come_in("home")
frame.title(
    "CNN Lab",
    _(
        "See how a convolutional neural network learns: put one together, train it on real handwritten digits, "
        "and watch."
    ),
)
lab, me = frame.lab(), session()


def first_run() -> None:
    """Train the first network on the digits that come with the Lab, and go and watch."""
    training = suited(RECIPES[FIRST].training, "mnist-5k")
    run = choose.start(RECIPES[FIRST].network, training)
    if run:
        me.design(RECIPES[FIRST].network, training)
        me.run = run
        st.switch_page("pages/train.py", query_params={"run": run})


with st.container(border=True):
    st.subheader(_("Train a first network"), anchor=False)
    st.markdown(
        _(
            "Eight small filters, 4,000 handwritten digits, twenty rounds: about ten seconds, no network "
            "connection needed."
        )
    )
    if st.button(_("Train a first network now"), icon=":material/play_arrow:", type="primary", key="first-run"):
        first_run()

st.subheader(_("Runs"), anchor=False)
runs = lab.runs()
if not runs:
    st.info(_("No runs yet. The button above starts the first."))
live.run_list(runs[:20])
