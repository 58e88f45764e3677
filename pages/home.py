"""Home page: see what CNN Lab offers, and start something within seconds."""

import streamlit as st

from cnnlab.lessons import LESSONS
from cnnlab.ui import page_header
from cnnlab.ui.home import live_digit, recent_runs
from cnnlab.ui.lab import lab, show_damage
from cnnlab.ui.pages import go, path
from cnnlab.ui.session import Design, session
from cnnlab.ui.shared import start_run
from cnnlab.ui.text import _

# The newest runs; the Runs page lists all of them.
MAX_RUNS = 6

page_header.enter("home")
page_header.title(
    "CNN Lab",
    _(
        "See how a convolutional neural network learns: build one, train it on real handwritten digits, "
        "and watch it improve."
    ),
)
show_damage()
live_digit.body()


def first_run() -> None:
    """Start training the first network on the built-in digits, and open the Train page."""
    network, training = Design.first()
    run = start_run.start(network, training)
    if run:
        session().design(network, training)
        session().run = run
        go("train", run=run)


first, draw, learn = st.columns(3)
with first, st.container(border=True, height="stretch"):
    st.subheader(_("Train a first network"), anchor=False)
    st.markdown(_("Eight small filters, 4,000 handwritten digits, 20 epochs: about ten seconds, no internet needed."))
    st.space("stretch")
    if st.button(_("Train a first network now"), icon=":material/play_arrow:", type="primary", key="first-run"):
        first_run()
with draw, st.container(border=True, height="stretch"):
    st.subheader(_("Draw a digit"), anchor=False)
    st.markdown(_("Draw with a mouse or finger. A pre-trained network tells you what it sees, and why."))
    st.space("stretch")
    if st.button(_("Draw"), icon=":material/draw:", key="to-draw"):
        go("draw")
with learn, st.container(border=True, height="stretch"):
    st.subheader(_("Learn"), anchor=False)
    st.markdown(_("{count} hands-on lessons: make a guess, run the experiment, see why.", count=len(LESSONS)))
    st.space("stretch")
    if st.button(_("Start the first lesson"), icon=":material/school:", key="to-learn"):
        go("learn", lesson=next(iter(LESSONS)))
build, look = st.columns(2)
with build, st.container(border=True, height="stretch"):
    st.subheader(_("Build a network"), anchor=False)
    st.markdown(_("Layer by layer: see output shapes, cost and the Keras code as you go."))
    st.space("stretch")
    if st.button(_("Build a network"), icon=":material/layers:", key="to-build"):
        go("build")
with look, st.container(border=True, height="stretch"):
    st.subheader(_("See what convolution does"), anchor=False)
    st.markdown(_("Change the nine weights of a kernel and see how each pixel of the image changes."))
    st.space("stretch")
    if st.button(_("Try a filter"), icon=":material/blur_on:", key="to-filters"):
        go("filters")

st.subheader(_("Runs"), anchor=False)
runs = lab().runs.all()
if not runs:
    st.info(_("No runs yet. Train a first network above."))
recent_runs.run_list(runs[:MAX_RUNS])
if len(runs) > MAX_RUNS:
    st.page_link(path("runs"), label=_("All {count} runs", count=len(runs)), icon=":material/table_rows:")
