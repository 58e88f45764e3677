"""The panel below the stage for kernels that adds the kernel to a network."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.errors import NetworkError
from cnnlab.network import kernel_transplant
from cnnlab.network.initial_kernels import kernel_shape
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import format_shape
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import redraw, when_open
from cnnlab.ui.pages import go
from cnnlab.ui.session import session
from cnnlab.ui.shared.initial_kernels import describe
from cnnlab.ui.text import _, translate

RESIZING_FIXES = ("more-filters", "kernel-size")
"""Quick fixes for a layer without room for another kernel."""


def panel(values: np.ndarray, name: str) -> None:
    """Draw the panel that adds a kernel to a layer of the network in Build, frozen or trainable.

    Args:
        values: (height, width), the kernel on the stage.
        name: the preset that it was made from, a key of `KERNELS`.
    """
    when_open(st.expander, _("Use this kernel in a network"), "transplant", lambda: _panel(values, name))


def _panel(values: np.ndarray, name: str) -> None:
    network = session().network
    layers = kernel_transplant.convolutions(network)
    if not layers:
        st.info(_("The network in Build has no Conv2D layer to add the kernel to."))
        _actions(network, None)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.selectbox(
            _("Conv2D layer"),
            list(layers),
            format_func=layers.__getitem__,
            key="transplant-layer",
            width=200,
            persist_state="session",
        )
        layer = network.layers[index]
        frozen = st.toggle(
            _("Freeze this layer"),
            value=not getattr(layer, "trainable", True),
            key=f"transplant-frozen-{session().edition}-{index}",
            help=_("Freezes the whole layer, including its random filters and bias."),
        )
    changed = kernel_transplant.freeze(network, index, frozen)
    if changed != network:
        _change(changed)
    describe(layer)
    _add(network, index, values, name)
    _actions(network, index)


def _add(network: NetworkSpec, index: int, values: np.ndarray, name: str) -> None:
    """Draw the button that adds the kernel, or why it cannot be added and how to fix that."""
    try:
        kernel = kernel_transplant.as_kernel(values)
        if kernel_transplant.has_kernel(network, index, kernel):
            st.caption(_("This layer already starts with this kernel."))
            return
        title = kernel_transplant.preset_titles([kernel])[0]
        custom = _("Custom kernel based on “{title}”", title=translate(KERNELS[name].title))
        st.caption(f"{errors.plain(translate(title) if title else custom)} · {format_shape(kernel_shape(kernel))}")
        after = kernel_transplant.add_kernel(network, index, kernel)
    except NetworkError as error:
        errors.show(error)
        if error.quick_fix not in RESIZING_FIXES:
            return
        if st.button(_("Resize the layer and add it"), icon=":material/build:", key="transplant-room"):
            with errors.shown():
                _change(kernel_transplant.add_kernel(network, index, kernel, resize=True))
        return
    if st.button(_("Add this kernel"), icon=":material/add:", key="transplant-add"):
        _change(after)


def _change(network: NetworkSpec) -> None:
    session().design(network)
    redraw()


def _actions(network: NetworkSpec, index: int | None) -> None:
    """Draw buttons that remove the kernels of the layer at `index`, open the network in Build, or train it."""
    has_kernels = index is not None and bool(getattr(network.layers[index], "kernels", ()))
    with st.container(horizontal=True):
        if has_kernels and st.button(_("Remove the kernels"), icon=":material/undo:", key="transplant-out"):
            assert index is not None
            _change(kernel_transplant.remove_kernels(network, index))
        if st.button(_("Open in Build"), icon=":material/construction:", key="transplant-build"):
            go("build")
        if has_kernels and st.button(
            _("Train this network"), type="primary", icon=":material/play_arrow:", key="transplant-train"
        ):
            go("train")
