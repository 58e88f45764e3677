"""Select and show the initial kernels of a Conv2D layer."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import streamlit as st

from cnnlab.network import kernel_transplant
from cnnlab.network.initial_kernels import Kernel, Kernels
from cnnlab.network.layers import Conv2D, Layer
from cnnlab.ui import errors
from cnnlab.ui.components import forms
from cnnlab.ui.text import _, translate


def titles(kernels: Sequence[Kernel]) -> list[str]:
    """Return a unique title per kernel: that of its preset, or else a number."""
    names, custom = [], 0
    for title in kernel_transplant.preset_titles(kernels):
        custom += title is None
        names.append(translate(title) if title else _("Custom kernel {number}", number=custom))
    return names


def choose(layer: Conv2D, label: str, common: dict[str, Any]) -> Kernels:
    """Draw the choice of initial kernels, of presets that fit and kernels that the layer has; return them in order."""
    options = kernel_transplant.kernel_options(layer)
    names = titles(options)
    # The numbers of custom kernels depend on which ones there are, so a new set of options gets a new widget.
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


WIDGETS: forms.Widgets = {"kernels": choose}


def describe(layer: Layer) -> None:
    """Show a layer's initial kernels and whether it is frozen; nothing if it has neither."""
    if not isinstance(layer, Conv2D) or (layer.trainable and not layer.kernels):
        return
    parts = [] if layer.trainable else [_(":gray-badge[:material/lock: frozen]")]
    if layer.kernels:
        parts.append(_("Initial kernels: {kernels}", kernels=errors.plain("; ".join(titles(layer.kernels)))))
    st.markdown(" ".join(parts))
