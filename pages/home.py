"""Home: see at a glance what this is, and start something within ten seconds."""

import streamlit as st

from cnnlab.lessons import LESSONS
from cnnlab.ui import choose, flow, frame, live
from cnnlab.ui.state import Design, session
from cnnlab.ui.text import _

# The newest runs; the others are on Runs.
SHOWN = 6

frame.come_in("home")
frame.title(
    "CNN Lab",
    _(
        "See how a convolutional neural network learns: put one together, train it on real handwritten digits, "
        "and watch."
    ),
)
lab, me = frame.lab(), session()
frame.say_damage()
# Filled last: nobody waits for the strip who wants to go through a door.
strip = st.container()


def first_run() -> None:
    """Train the first network on the digits that come with the Lab, and go and watch."""
    network, training = Design.first()
    run = choose.start(network, training)
    if run:
        me.design(network, training)
        me.run = run
        st.switch_page("pages/train.py", query_params={"run": run})


first, draw, learn = st.columns(3)
with first, st.container(border=True, height="stretch"):
    st.subheader(_("Train a first network"), anchor=False)
    st.markdown(
        _(
            "Eight small filters, 4,000 handwritten digits, twenty rounds: about ten seconds, no internet connection "
            "needed."
        )
    )
    st.space("stretch")
    if st.button(_("Train a first network now"), icon=":material/play_arrow:", type="primary", key="first-run"):
        first_run()
with draw, st.container(border=True, height="stretch"):
    st.subheader(_("Draw a digit"), anchor=False)
    st.markdown(_("Write with the mouse or a finger; a network that is there already says what it sees, and why."))
    st.space("stretch")
    if st.button(_("Draw"), icon=":material/draw:", key="to-draw"):
        st.switch_page("pages/draw.py")
with learn, st.container(border=True, height="stretch"):
    st.subheader(_("Learn"), anchor=False)
    st.markdown(_("Eleven lessons that are done, not read: guess, try it out, and see what is behind it."))
    st.space("stretch")
    if st.button(_("Begin with the first lesson"), icon=":material/school:", key="to-learn"):
        st.switch_page("pages/learn.py", query_params={"lesson": next(iter(LESSONS))})
build, look = st.columns(2)
with build, st.container(border=True, height="stretch"):
    st.subheader(_("Put a network together"), anchor=False)
    st.markdown(_("Layer by layer, with what each does to the data and what it costs, and its Keras code."))
    st.space("stretch")
    if st.button(_("Build a network"), icon=":material/layers:", key="to-build"):
        st.switch_page("pages/build.py")
with look, st.container(border=True, height="stretch"):
    st.subheader(_("See what convolution does"), anchor=False)
    st.markdown(_("Change the nine numbers of a kernel and see the picture change, one pixel at a time."))
    st.space("stretch")
    if st.button(_("Try a filter"), icon=":material/blur_on:", key="to-filters"):
        st.switch_page("pages/filters.py")

st.subheader(_("Runs"), anchor=False)
runs = lab.runs()
if not runs:
    st.info(_("No runs yet. The button above starts the first."))
live.run_list(runs[:SHOWN])
if len(runs) > SHOWN:
    st.page_link("pages/runs.py", label=_("All {count} runs", count=len(runs)), icon=":material/table_rows:")
with strip:
    flow.strip()
