"""Layer cards: a network as cards with widgets, from input to output.

The user's changes are known only once all cards are drawn. Each card therefore leaves room for its output shape,
arithmetic and error message, which `fill` adds after the network has been checked.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.errors import NetworkError
from cnnlab.i18n.marks import N_
from cnnlab.network import editing
from cnnlab.network.arithmetic import Sum
from cnnlab.network.layers import LAYERS, Flatten, Layer
from cnnlab.network.quick_fixes import QUICK_FIXES, Requirements, apply_quick_fix
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import Row, format_shape
from cnnlab.ui import errors
from cnnlab.ui.build import trained_start
from cnnlab.ui.components import forms
from cnnlab.ui.components.fragments import redraw, when_open
from cnnlab.ui.session import session
from cnnlab.ui.shared import initial_kernels
from cnnlab.ui.text import _, language, n_, translate

MAIN_FIELDS = ("filters", "units", "kernel_size", "pool_size", "depth_multiplier", "rate", "stddev", "activation")
"""Fields shown on the card; the others are behind a button."""

ACTIONS: Mapping[str, str] = {
    "up": N_("Move up"),
    "down": N_("Move down"),
    "duplicate": N_("Duplicate"),
    "remove": N_("Remove"),
}


@dataclass
class Card:
    """The parts of a card that are filled in later."""

    shape: DeltaGenerator
    below: DeltaGenerator


def draw(network: NetworkSpec, key: str) -> tuple[NetworkSpec, list[Card]]:
    """Draw the cards. Return the network with the user's changes, and the cards to fill in."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            _("**Input** {shape}", shape=f":blue-badge[{format_shape(network.input_shape)}]"),
            width="content",
            help=_(
                "The network’s input: height × width × channels. Each layer below shows its output shape "
                "and the arithmetic behind it: size = (input − kernel + padding) / stride + 1, "
                "parameters = weights + biases, multiply-adds = work per image."
            ),
        )
        st.space("stretch")
        if network.layers:
            add(0, "", f"{key}-start", "tertiary")
    if not network.layers:
        st.info(_("This network is empty. Add its first layer, or start from a recipe."))
    layers: list[Layer] = []
    cards = []
    for index, layer in enumerate(network.layers):
        with st.container(border=True, key=f"card-{index}", gap="xsmall"):
            edited, card = _card(index, layer, f"{key}-{index}")
        layers.append(edited)
        cards.append(card)
    add(len(network.layers), _("Add a layer"), f"{key}-end", "secondary")
    with errors.shown():
        network = network.replace(layers=tuple(layers))
    return network, cards


def _card(index: int, layer: Layer, key: str) -> tuple[Layer, Card]:
    names = list(layer.fields())
    changes: dict[str, object] = {}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            title = translate(layer.title)
            kind = "" if title == layer.kind else f" :small[:gray[{layer.kind}]]"
            badge = trained_start.badge(session().network, index)
            st.markdown(f"{index + 1} · **{title}**{kind} {badge}", width="content")
            shape = st.container(width="content")
        with st.container(horizontal=True, width="content", gap="xsmall", wrap=False):
            rest = [name for name in names if name not in MAIN_FIELDS]
            trained_start.lock(session().network, index, key)
            if rest:
                changes |= _more(layer, rest, key)
            add(index + 1, "", f"{key}-add", "tertiary")
            act = st.menu_button(
                "",
                list(ACTIONS),
                format_func=lambda name: translate(ACTIONS[name]),
                key=f"{key}-act",
                type="tertiary",
                icon=":material/more_vert:",
                help=_("Move, duplicate or remove this layer"),
            )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        changes |= _fields(layer, [name for name in names if name in MAIN_FIELDS], key)
    below = st.container(gap="xsmall")
    if act:
        _act(act, index)
    if any(getattr(layer, name) != value for name, value in changes.items()):
        layer = type(layer).model_validate({**dict(layer), **changes})
    with below:
        initial_kernels.describe(layer)
    return layer, Card(shape, below)


@functools.cache
def _titles(page_language: str) -> dict[str, str]:
    """Return the titles of all layers, by kind. Cached per language, since every card has a menu."""
    return {name: f"{translate(cls.title)} ({name})" for name, cls in LAYERS.items()}


def _more(layer: Layer, names: list[str], key: str) -> dict[str, object]:
    """Draw the less common fields behind a button, and return their values; empty while closed."""
    changes = when_open(
        st.popover, "", f"{key}-more", lambda: _fields(layer, names, key), form=key,
        icon=":material/tune:", type="tertiary", help=_("More options"),
    )  # fmt: skip
    return changes or {}


def _fields(layer: Layer, names: list[str], key: str) -> dict[str, object]:
    return {name: forms.field(layer, name, key, widgets=initial_kernels.WIDGETS) for name in names}


def add(index: int, label: str, key: str, kind: Literal["secondary", "tertiary"]) -> None:
    """Draw a button that adds a layer at `index`."""
    chosen = st.menu_button(
        label,
        list(LAYERS),
        format_func=_titles(language()).__getitem__,
        key=key,
        type=kind,
        icon=":material/add:",
        help=_("Add a layer here"),
    )
    if chosen:
        with errors.shown():
            change(editing.insert(session().network, index, editing.new_layer(chosen)))


@errors.shown()
def _act(name: str, index: int) -> None:
    network = session().network
    match name:
        case "up":
            change(editing.move(network, index, -1))
        case "down":
            change(editing.move(network, index, 1))
        case "duplicate":
            change(editing.duplicate(network, index))
        case "remove":
            change(editing.remove(network, index))


def change(network: NetworkSpec) -> None:
    """Replace the network as an undoable step and redraw."""
    session().design(network)
    redraw()


def fill(cards: list[Card], rows: tuple[Row, ...], error: NetworkError | None, needs: Requirements) -> None:
    """Add each layer's output shape and arithmetic, and the error to the layer that caused it."""
    for card, row in zip(cards, rows, strict=True):
        if row.output_shape is not None:
            card.shape.markdown(f":blue-badge[{format_shape(row.output_shape)}]")
            if sums := _arithmetic(row):
                card.below.caption(sums)
        if error and error.layer == row.index:
            with card.below:
                mistake(error, needs)


def _arithmetic(row: Row) -> str:
    """Return a card's arithmetic in one line: size, parameters, multiply-adds."""
    flattened = (Sum(row.input_shape).text,) if isinstance(row.layer, Flatten) and row.input_shape else ()
    sizes = " × ".join(dict.fromkeys(row.size_texts or flattened))
    parts = [_("size {sum}", sum=errors.plain(sizes))] if sizes else []
    if row.parameters:
        texts = [total.text for total in (row.trainable, row.non_trainable) if total.terms]
        parts.append(_("parameters {sum}", sum=errors.plain(" + ".join(texts))))
    if row.multiply_adds.value:
        parts.append(n_("{count:,} multiply-add", "{count:,} multiply-adds", count=row.multiply_adds.value))
    return " · ".join(parts)


def mistake(error: NetworkError, needs: Requirements) -> None:
    """Show an error, with a button that fixes it if there is a quick fix."""
    errors.show(error)
    if error.quick_fix and st.button(
        translate(QUICK_FIXES[error.quick_fix].label), key=f"mend-{error.layer}", icon=":material/build:"
    ):
        with errors.shown():
            fixed = apply_quick_fix(session().network, error, needs)
            assert fixed is not None
            change(fixed)
