"""Layer cards: a network as cards with widgets, top to bottom in the order of the data.

Cards are drawn before it is known what the reader changed in them, so each leaves room for its output shape, its
arithmetic and its mistake, which `fill` writes when the network as it is now has been worked out.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnnlab.errors import NetworkError
from cnnlab.marks import N_
from cnnlab.network import editing
from cnnlab.network.arithmetic import Sum
from cnnlab.network.layers import LAYERS, Flatten, Layer
from cnnlab.network.mending import MENDS, Needs, mend
from cnnlab.network.shapes import Row, written
from cnnlab.network.spec import NetworkSpec
from cnnlab.ui import errors, forms, transplant
from cnnlab.ui.state import has_been_open, redraw, session
from cnnlab.ui.text import _, language, translate

IN_SIGHT = ("filters", "units", "kernel_size", "pool_size", "depth_multiplier", "rate", "stddev", "activation")
"""Fields that stand on the card; the others are one click away."""

ACTIONS: Mapping[str, str] = {
    "up": N_("Move up"),
    "down": N_("Move down"),
    "duplicate": N_("Duplicate"),
    "remove": N_("Remove"),
}


@dataclass
class Card:
    """The places that are filled in later."""

    shape: DeltaGenerator
    below: DeltaGenerator


def draw(network: NetworkSpec, key: str) -> tuple[NetworkSpec, list[Card]]:
    """Draw the cards. Returns the network with what the reader entered, and the places to fill in."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            _("**Input** {shape}", shape=f":blue-badge[{written(network.input_shape)}]"),
            width="content",
            help=_(
                "What the network is given: height × width × channels. Below, each layer with what it puts out, and "
                "its sums: size is (input − kernel + padding) / stride + 1, parameters are weights + biases, "
                "multiply-adds are the work that one image is."
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
    try:
        return network.replace(layers=tuple(layers)), cards
    except NetworkError as error:
        errors.show(error)
        return network, cards


def _card(index: int, layer: Layer, key: str) -> tuple[Layer, Card]:
    names = list(layer.fields())
    changes: dict[str, object] = {}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            title = translate(layer.title)
            kind = "" if title == layer.kind else f" :small[:gray[{layer.kind}]]"
            st.markdown(f"{index + 1} · **{title}**{kind}", width="content")
            shape = st.container(width="content")
        with st.container(horizontal=True, width="content", gap="xsmall", wrap=False):
            rest = [name for name in names if name not in IN_SIGHT]
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
        changes |= {name: forms.field(layer, name, key) for name in names if name in IN_SIGHT}
    below = st.container(gap="xsmall")
    if act:
        _act(act, index)
    if any(getattr(layer, name) != value for name, value in changes.items()):
        layer = type(layer).model_validate({**dict(layer), **changes})
    with below:
        transplant.tell(layer)
    return layer, Card(shape, below)


@functools.cache
def _titles(spoken: str) -> dict[str, str]:
    """What the menus offer, by kind; worked out once a language, since there is a menu on every card."""
    return {name: f"{translate(cls.title)} ({name})" for name, cls in LAYERS.items()}


def _more(layer: Layer, names: list[str], key: str) -> dict[str, object]:
    """The fields that are seldom changed; drawn only while they are looked at."""
    more = st.popover(
        "", icon=":material/tune:", key=f"{key}-more", on_change="rerun", type="tertiary", help=_("More fields")
    )
    if not has_been_open(more, key):
        return {}
    with more:
        return {name: forms.field(layer, name, key) for name in names}


def add(index: int, label: str, key: str, kind: Literal["secondary", "tertiary"]) -> None:
    """A button that adds a layer at `index`."""
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
        try:
            change(editing.insert(session().network, index, editing.new_layer(chosen)))
        except NetworkError as error:
            errors.show(error)


def _act(name: str, index: int) -> None:
    network = session().network
    match name:
        case "up":
            change(editing.move(network, index, -1))
        case "down":
            change(editing.move(network, index, 1))
        case "duplicate":
            try:
                change(editing.duplicate(network, index))
            except NetworkError as error:
                errors.show(error)
        case "remove":
            change(editing.remove(network, index))


def change(network: NetworkSpec) -> None:
    """Go on to another network, and draw the page's part anew with it."""
    session().design(network)
    redraw()


def fill(cards: list[Card], rows: tuple[Row, ...], error: NetworkError | None, needs: Needs) -> None:
    """Write what each layer does to the data, and the mistake on the card at fault."""
    for card, row in zip(cards, rows, strict=True):
        if row.output_shape is not None:
            card.shape.markdown(f":blue-badge[{written(row.output_shape)}]")
            if sums := _arithmetic(row):
                card.below.caption(sums)
        if error and error.layer == row.index:
            with card.below:
                mistake(error, needs)


def _arithmetic(row: Row) -> str:
    """The sums of a card, in one line: sizes, parameters, multiply-adds."""
    flattened = (Sum(row.input_shape).text,) if isinstance(row.layer, Flatten) and row.input_shape else ()
    sizes = " × ".join(dict.fromkeys(row.size_texts or flattened))
    parts = [_("size {sum}", sum=errors.plain(sizes))] if sizes else []
    if row.parameters:
        texts = [total.text for total in (row.trainable, row.non_trainable) if total.terms]
        parts.append(_("parameters {sum}", sum=errors.plain(" + ".join(texts))))
    if row.multiply_adds.value:
        parts.append(_("{count:,} multiply-adds", count=row.multiply_adds.value))
    return " · ".join(parts)


def mistake(error: NetworkError, needs: Needs) -> None:
    """A mistake with its remedy, as a button where the remedy is clear."""
    errors.show(error)
    if error.mend and st.button(translate(MENDS[error.mend].label), key=f"mend-{error.layer}", icon=":material/build:"):
        try:
            mended = mend(session().network, error, needs)
        except NetworkError as full:
            errors.show(full)
            return
        assert mended is not None
        change(mended)
