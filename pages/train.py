"""Train: press Start and watch a network learn."""

import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.network.recipes import RECIPES, suited
from cnnlab.runs.record import Run
from cnnlab.ui import choose, errors, following, frame, live, steering, tables, which
from cnnlab.ui.state import pressed, session
from cnnlab.ui.text import _, translate

frame.come_in("train")
frame.title(_("Train"), _("Pick a network and data, press **Start**, and watch it learn."))
frame.take_link()
lab, me = frame.lab(), session()


def linked_run() -> Run | None:
    """The run in the link, else the one this reader followed last; the link always names it."""
    asked = st.query_params.get("run") or me.run
    if not asked:
        return None
    try:
        run = lab.run(asked)
    except CNNLabError as error:
        errors.show(error)
        me.run = None
        return None
    me.run = st.query_params["run"] = run.id
    return run


def begin(dataset: str | None = None) -> None:
    """Start what is chosen, on another dataset if one is named, and follow it."""
    if dataset:
        me.design(me.network, suited(me.training, dataset))
    me.offer = None
    run = choose.start(me.network, me.training)
    if run:
        me.run, me.compared = run, None
        st.query_params["run"] = run
        st.rerun()


with st.container(border=True):
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose.recipe_and_dataset()
        choose.settings()
    with st.container(horizontal=True, vertical_alignment="center"):
        start = pressed(st.button, _("Start"), "start", icon=":material/play_arrow:", type="primary")
        if me.recipe:
            recipe = RECIPES[me.recipe]
            st.caption(f"{translate(recipe.about)} · {translate(recipe.source)}")
    frame.keep_in_link()
    with st.expander(_("The network, layer by layer")):
        tables.layer_table(me.network)
if start:
    begin()
if me.offer and st.button(_("Train on the digits that come with the Lab"), key="offer", type="primary"):
    begin(me.offer)
if lab.engine.state == "down":
    live.engine_down()
steering.queue()

run = linked_run()
if run:
    following.follow(run, which.compared(run))
else:
    which.run(None)
if not run and "run" not in st.query_params:
    st.info(_("Nothing is training here yet. Press **Start**: the first network learns in about ten seconds."))
