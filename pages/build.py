"""Build: stack layers and see their output shapes, parameters and cost."""

import streamlit as st

from cnnlab.errors import NetworkError
from cnnlab.network.quick_fixes import Requirements
from cnnlab.network.summary import check, summarize
from cnnlab.ui import page_header
from cnnlab.ui.build import layer_cards, share, side_panel, trained_start
from cnnlab.ui.components.fragments import redraw, tabs
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.session import session
from cnnlab.ui.shared import datasets, design_link, model_tables, recipe_picker
from cnnlab.ui.text import _

page_header.enter("build")
page_header.title(_("Build"), _("Stack layers and see their output shapes, parameters and cost as you go."))
me = session()


def toolbar() -> None:
    """Draw the starting point, the dataset, undo and redo."""
    recipe_picker.start_from()
    trained_start.choose()
    recipe_picker.dataset()
    undo = st.button(_("Undo"), icon=":material/undo:", key="undo", disabled=not me.edits.past)
    redo = st.button(_("Redo"), icon=":material/redo:", key="redo", disabled=not me.edits.future)
    if undo or redo:
        me.edits.undo() if undo else me.edits.redo()
        me.edition += 1
        redraw()


@st.fragment
def workbench() -> None:
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    left, right = st.columns([10, 11], gap="large")
    with left:
        trained_start.bar(me.network)
        network, drawn = layer_cards.draw(me.network, f"layer-{me.edition}")
    me.network = network
    with bar:  # Drawn last, since the latest change can be undone.
        toolbar()
    info = datasets.chosen()
    summary, needs, error = summarize(network), Requirements(info.input_shape, len(info.class_names)), None
    try:
        check(network, info.input_shape, len(info.class_names), lab().settings.max_parameters, summary)
        lab().start_weights.check(network)
    except NetworkError as found:
        error = found
    layer_cards.fill(drawn, summary.rows, error, needs)
    with right, st.container(key="overview"):
        if error and error.layer is None:
            layer_cards.mistake(error, needs)
        side_panel.diagram(network, summary)
        side_panel.totals(summary)
        side_panel.advise(network, summary, needs)
        side_panel.suggest_augmentation(info.train_size, len(info.class_names))
        if st.button(
            _("Train this network"),
            type="primary",
            icon=":material/play_arrow:",
            key="train",
            disabled=error is not None,
        ):
            go("train")
        tabs(
            {
                _("Summary"): lambda: model_tables.layer_table(summary),
                _("Keras code"): lambda: share.keras_code(network, me.training),
                _("Share"): lambda: share.share(network, me.training),
                _("Settings"): side_panel.settings,
            },
            key="build-tabs",
            forms=[_("Settings")],
        )
    design_link.write_link()


design_link.read_link()
workbench()
