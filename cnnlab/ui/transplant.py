"""Hand-designed kernels in a network: the choice on a layer's card, and the panel below the kernel editor."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from cnnlab.errors import NetworkError
from cnnlab.network import transplant
from cnnlab.network.kernels import Kernel, Kernels, size
from cnnlab.network.layers import Conv2D, Layer
from cnnlab.network.shapes import written
from cnnlab.network.spec import NetworkSpec
from cnnlab.ui import errors
from cnnlab.ui.state import redraw, session
from cnnlab.ui.text import _, translate
from cnnlab.vision.kernels import KERNELS

MAKING_ROOM = ("more-filters", "kernel-size")
"""The mends of a layer that has no room for one more kernel."""


def called(kernels: Sequence[Kernel]) -> list[str]:
    """What the kernels are called: by their title where the Lab knows them, else numbered. No name comes twice."""
    names, own = [], 0
    for title in transplant.titles(kernels):
        own += title is None
        names.append(translate(title) if title else _("own kernel {number}", number=own))
    return names


def choose(layer: Conv2D, label: str, common: dict[str, Any]) -> Kernels:
    """Which kernels the layer begins with, of those that fit and those that it has; in the order of its filters."""
    options = transplant.offered(layer)
    names = called(options)
    # The names of a person's own kernels depend on which there are; a widget that kept them would mix them up.
    common["key"] += f".{zlib.crc32(repr(options).encode()):08x}"
    chosen = st.multiselect(
        label,
        range(len(options)),
        default=[options.index(kernel) for kernel in layer.kernels],
        format_func=names.__getitem__,
        placeholder=_("none"),
        width=480,
        **common,
    )
    return tuple(options[index] for index in chosen)


def tell(layer: Layer) -> None:
    """A line that says what the layer begins with and whether it is frozen; nothing for one that is as usual."""
    if not isinstance(layer, Conv2D) or (layer.trainable and not layer.kernels):
        return
    parts = [] if layer.trainable else [_(":gray-badge[:material/lock: frozen]")]
    if layer.kernels:
        parts.append(_("Begins with: {kernels}", kernels=errors.plain("; ".join(called(layer.kernels)))))
    st.markdown(" ".join(parts))


def panel(values: np.ndarray, name: str) -> None:
    """Put a kernel into a layer of the network that Build has, and freeze it or let it learn.

    Args:
        values: (height, width), the kernel as it is in the editor.
        name: the key in `KERNELS` that the editor began with.
    """
    with st.expander(_("Put this kernel into a network"), key="transplant", on_change="rerun") as opened:
        if not opened.open:
            return
        network = session().network
        layers = transplant.places(network)
        if not layers:
            st.info(_("The network in Build has no Conv2D layer that a kernel could be put into."))
            _onward(network, None)
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
                _("Frozen while training"),
                value=not getattr(layer, "trainable", True),
                key=f"transplant-frozen-{session().edition}-{index}",
                help=_("The whole layer stays as it begins: its other filters, which are random, and the bias too."),
            )
        changed = transplant.freeze(network, index, frozen)
        if changed != network:
            _change(changed)
        tell(layer)
        _add(network, index, values, name)
        _onward(network, index)


def _add(network: NetworkSpec, index: int, values: np.ndarray, name: str) -> None:
    """The button that adds the kernel; where it cannot be added, why not and what to do about it."""
    try:
        kernel = transplant.as_kernel(values)
        if transplant.holds(network, index, kernel):
            st.caption(_("The layer begins with this kernel already."))
            return
        title = transplant.titles([kernel])[0]
        own = _("Own kernel, made from “{title}”", title=translate(KERNELS[name].title))
        st.caption(f"{errors.plain(translate(title) if title else own)} · {written(size(kernel))}")
        after = transplant.transplant(network, index, kernel)
    except NetworkError as error:
        errors.show(error)
        if error.mend not in MAKING_ROOM:
            return
        if st.button(_("Make room for it and add it"), icon=":material/build:", key="transplant-room"):
            try:
                _change(transplant.transplant(network, index, kernel, making_room=True))
            except NetworkError as full:
                errors.show(full)
        return
    if st.button(_("Add this kernel"), icon=":material/add:", key="transplant-add"):
        _change(after)


def _change(network: NetworkSpec) -> None:
    session().design(network)
    redraw()


def _onward(network: NetworkSpec, index: int | None) -> None:
    """Away with the kernels of the layer at `index`, or on with them: to the network, and to its training."""
    begun = index is not None and bool(getattr(network.layers[index], "kernels", ()))
    with st.container(horizontal=True):
        if begun and st.button(_("Take the kernels out"), icon=":material/undo:", key="transplant-out"):
            assert index is not None
            _change(transplant.take_out(network, index))
        if st.button(_("Open it in Build"), icon=":material/construction:", key="transplant-build"):
            st.switch_page("pages/build.py")
        if begun and st.button(_("Train it"), type="primary", icon=":material/play_arrow:", key="transplant-train"):
            st.switch_page("pages/train.py")
