"""Train: press Start and watch a network learn."""

import streamlit as st

from cnnlab.runs.run import Run
from cnnlab.training.recipes import for_dataset
from cnnlab.ui import errors, page_header
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import design_link, engine_status, run_controls, start_run
from cnnlab.ui.text import _
from cnnlab.ui.train import live_run, run_picker, setup
from cnnlab.ui.train.state import TrainState

page_header.enter("train")
page_header.title(_("Train"), _("Choose a network and a dataset, press **Start**, and watch it learn."))
design_link.read_link()
me = session()


def linked_run() -> Run | None:
    """Return the run in the link, or else the one this user followed last, and put it in the link."""
    run_id = st.query_params.get("run") or me.run
    if not run_id:
        return None
    with errors.shown():
        run = lab().runs.get(run_id)
        me.run = st.query_params["run"] = run.id
        return run
    me.run = None
    return None


def begin(dataset: str | None = None) -> None:
    """Start the chosen network, on `dataset` if given, and follow the run."""
    if dataset:
        me.design(me.network, for_dataset(me.training, dataset))
    me.offer = None
    run = start_run.start(me.network, me.training)
    if run:
        me.run, state(TrainState).compared, state(TrainState).unfolded = run, None, False
        st.query_params["run"] = run
        st.rerun()


run = linked_run()
start = setup.setup(following=run is not None)
design_link.write_link()
start_run.missing_start(me.network)
if start:
    begin()
if me.offer and st.button(_("Train on the built-in digits instead"), key="offer", type="primary"):
    begin(me.offer)
if lab().engine.state == "down":
    engine_status.engine_down()
run_controls.queue()

if run:
    live_run.follow(run, run_picker.compared(run))
else:
    run_picker.run(None)
if not run and "run" not in st.query_params:
    st.info(_("No run selected. Press **Start** to train a first network in about ten seconds."))
