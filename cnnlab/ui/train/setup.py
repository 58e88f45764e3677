"""What to train: one line with Start, and the network, the data and the settings below it."""

from __future__ import annotations

import streamlit as st

from cnnlab.network.summary import summarize
from cnnlab.training.recipes import RECIPES
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import pressed, when_open
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import datasets, model_tables, recipe_picker, training_settings
from cnnlab.ui.text import _, n_, translate
from cnnlab.ui.train.state import TrainState


def setup(following: bool) -> bool:
    """Draw the line, and the settings unless they are folded. Return whether Start was pressed.

    Args:
        following: whether a run is shown below; then the settings are folded until they are asked for.
    """
    opened = not following or state(TrainState).unfolded
    with st.container(horizontal=True, vertical_alignment="center", key="setup"):
        start = pressed(st.button, _("Start"), "start", icon=":material/play_arrow:", type="primary")
        line = st.container(width="stretch")
        toggled = following and _toggle(opened)
    if opened:
        with st.container(border=True):
            _settings()
    # Only now are the settings read.
    line.markdown(_summary())
    if toggled:
        state(TrainState).unfolded = not opened
        st.rerun()
    return start


def _toggle(opened: bool) -> bool:
    if opened:
        return pressed(st.button, _("Hide settings"), "fold", icon=":material/expand_less:")
    return pressed(st.button, _("Change settings"), "unfold", icon=":material/tune:")


def _summary() -> str:
    """Return in one line what Start trains."""
    me = session()
    network = recipe_picker.recipe_title(me.recipe) if me.recipe else errors.plain(me.network.name or "–")
    facts = (
        errors.plain(translate(datasets.chosen().title)),
        n_("{count} epoch", "{count} epochs", count=me.training.epochs),
        _("batch size {size}", size=me.training.batch_size),
        *([_frozen(len(me.network.frozen))] if me.network.start else []),
    )
    return f"**{network}** :small[:gray[{' · '.join(facts)}]]"


def _frozen(count: int) -> str:
    return n_("pre-trained, {count} layer frozen", "pre-trained, {count} layers frozen", count=count)


def _settings() -> None:
    me = session()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        recipe_picker.recipe_and_dataset()
        training_settings.settings()
        when_open(
            st.popover,
            _("Network summary"),
            "network-summary",
            lambda: model_tables.layer_table(summarize(me.network)),
            icon=":material/table_rows:",
        )
    if note := training_settings.imbalance_note(datasets.chosen(), me.training):
        st.caption(f":material/balance: {note}")
    if me.recipe:
        recipe = RECIPES[me.recipe]
        st.caption(f"{translate(recipe.about)} · {translate(recipe.source)}")
