"""The panel next to the layer cards: diagram, totals, advice and training settings."""

from __future__ import annotations

import streamlit as st

from cnnlab.figures.architecture import architecture_data, architecture_figure
from cnnlab.network import advice, transfer
from cnnlab.network.quick_fixes import QUICK_FIXES, Requirements
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Summary
from cnnlab.training import few_images
from cnnlab.ui import errors
from cnnlab.ui.build.layer_cards import change
from cnnlab.ui.build.state import BuildState
from cnnlab.ui.components import forms
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import training_settings
from cnnlab.ui.text import _, n_, translate


def diagram(network: NetworkSpec, summary: Summary) -> None:
    """Draw the network as blocks, with buttons that save the diagram as PNG or SVG."""
    data = architecture_data(network, summary)
    alt = _("Diagram of the network, from the input to layer {count}.", count=len(summary.rows))
    chart = Chart(architecture_figure(data, translate), alt, download=network.name or "network")
    # A chart does not adapt to a new width, so each width gets its own key.
    live_charts([chart], key=f"drawing-{data.columns}", width=data.width)


def totals(summary: Summary) -> None:
    """Draw the number of parameters and multiply-adds of the whole network."""
    with st.container(horizontal=True, gap="small"):
        st.metric(_("Parameters"), f"{summary.parameters:,}", width="content")
        st.metric(
            _("Trainable"),
            f"{summary.trainable:,}",
            width="content",
            help=_("Parameters the optimizer updates. The rest are frozen, or running averages."),
        )
        st.metric(
            _("Multiply-adds per image"),
            f"{summary.multiply_adds:,}",
            width="content",
            help=_("Multiplications-with-addition for one image: a measure of compute."),
        )


def advise(network: NetworkSpec, summary: Summary, needs: Requirements) -> None:
    """Draw advice on the network, except what the user has dismissed; a button follows it if there is a quick fix."""
    dismissed = state(BuildState).dismissed
    for item in advice.advise(network, summary):
        if (item.rule, network.layers[item.layer]) in dismissed:
            continue
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
            layer, sentence = _("Layer {number}", number=item.layer + 1), errors.plain(item.sentence(translate))
            st.caption(f":material/lightbulb: **{layer}:** {sentence}")
            if item.quick_fix:
                _follow(network, item, needs)
            key = f"dismiss-{item.rule}-{item.layer}"
            if st.button("", icon=":material/close:", type="tertiary", help=_("Dismiss this advice"), key=key):
                dismissed.add((item.rule, network.layers[item.layer]))
                redraw()


def _follow(network: NetworkSpec, item: advice.Advice, needs: Requirements) -> None:
    quick_fix, key = QUICK_FIXES[item.quick_fix], f"follow-{item.rule}-{item.layer}"
    if st.button("", icon=":material/build:", type="tertiary", help=translate(quick_fix.label), key=key):
        change(quick_fix.change(network, item.layer, needs))


def suggest_augmentation(train_size: int, classes: int) -> None:
    """Suggest augmentation if there are few training images, with a button that sets it, unless dismissed."""
    me, seen = session(), state(BuildState)
    augmentation = few_images.suggested(me.training, train_size, classes)
    if augmentation is None or seen.few_dismissed:
        return
    count = few_images.images_per_class(me.training, train_size, classes)
    sentence = n_(
        "About {count} training image per class is few. Augmentation shows it shifted, rotated and zoomed in every "
        "epoch.",
        "About {count} training images per class are few. Augmentation shows them shifted, rotated and zoomed in every "
        "epoch.",
        count=count,
    )
    cost = _("Frozen layers are then computed in every epoch too.") if transfer.unchanging(me.network) else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
        st.caption(f":material/lightbulb: {sentence} {cost}")
        if st.button("", icon=":material/build:", type="tertiary", help=_("Augment the images"), key="augment-few"):
            me.design(me.network, me.training.replace(augmentation=augmentation))
            redraw()
        if st.button("", icon=":material/close:", type="tertiary", help=_("Dismiss this advice"), key="dismiss-few"):
            seen.few_dismissed = True
            redraw()


def settings() -> None:
    """Draw all training settings."""
    me = session()
    key = f"build-training-{me.edition}"
    me.training = training_settings.more_settings(forms.edit(me.training, training_settings.MAIN_FIELDS, key), key)
