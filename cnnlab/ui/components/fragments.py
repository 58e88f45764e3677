"""Helpers for Streamlit's reruns: draw only what is open, refresh live parts, lose no input and no click."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, Protocol, TypeVar

import streamlit as st
from streamlit.errors import StreamlitAPIException

from cnnlab.ui import errors
from cnnlab.ui.session import session

Drawn = TypeVar("Drawn")


class OpenContainer(Protocol):
    """The container that Streamlit returns for a popover, expander or tab with `on_change="rerun"`."""

    @property
    def open(self) -> bool | None: ...

    def __enter__(self) -> object: ...

    def __exit__(self, kind: Any, error: Any, trace: Any, /) -> Literal[False]: ...


def tabs(contents: Mapping[str, Callable[[], object]], key: str, forms: Collection[str] = ()) -> None:
    """Draw tabs, but only the content of the open one. Errors appear inside their tab.

    Args:
        contents: title -> function that draws the content.
        forms: titles of tabs with a form, which are drawn from their first opening on, see `has_been_open`.
    """
    holders = st.tabs(list(contents), key=key, on_change="rerun")
    for index, (tab, (title, body)) in enumerate(zip(holders, contents.items(), strict=True)):
        drawn = has_been_open(tab, f"{key}-{index}") if title in forms else tab.open
        if drawn:
            with tab, errors.shown():
                body()


def when_open(
    holder: Callable[..., OpenContainer],
    label: str,
    key: str,
    body: Callable[[], Drawn],
    *,
    form: str = "",
    **options: Any,
) -> Drawn | None:
    """Draw a popover or an expander (`st.popover`, `st.expander`), and its `body` only while it is open.

    Args:
        form: key of a form inside, which is drawn from its first opening on, see `has_been_open`.
        options: passed on to `holder`.

    Returns:
        What `body` returns; None if it was not drawn.
    """
    opened = holder(label, key=key, on_change="rerun", **options)
    if not (has_been_open(opened, form) if form else opened.open):
        return None
    with opened:
        return body()


def has_been_open(holder: OpenContainer, key: str) -> bool:
    """Return whether a popover, expander or tab is or was open. A form inside is drawn from then on.

    Typing and then closing the container reaches the server as one step. A form that is not drawn in that step would
    lose the input.
    """
    opened = session().opened
    if holder.open:
        opened.add(key)
    return key in opened


def watch(
    body: Callable[[], object] | None, token: Callable[[], object], before: object, seconds: float | None
) -> None:
    """Draw `body` as a fragment every `seconds`, and rerun the page as soon as `token()` differs from `before`.

    Streamlit fixes a fragment's timer when the fragment is created: only a rerun of the page can start, change or end
    it. `before` is the token for which `seconds` was chosen, so no change in between is missed.

    Args:
        body: None to draw nothing.
        seconds: None for no timer; then only the fragment's own widgets redraw it.
    """

    def watched() -> None:
        if token() != before:
            st.rerun()
        if body:
            body()

    # Streamlit identifies a fragment by its function's name, too; this tells fragments of different pages apart.
    st.fragment(functools.wraps(body)(watched) if body else watched, run_every=seconds)()


def pressed(button: Callable[..., bool], label: str, key: str, **options: Any) -> bool:
    """Draw a button with `button` and return whether it was pressed.

    If a user clicks two buttons in quick succession on a slow page, Streamlit restarts the script before reaching the
    first button and drops that click. A callback records clicks before the page is drawn, so none is lost.
    """
    presses = session().presses
    button(label, key=key, on_click=presses.add, args=(key,), **options)
    if key not in presses:
        return False
    presses.remove(key)
    return True


def redraw() -> None:
    """Rerun the current fragment; in a full run, into which Streamlit may have merged a click, rerun the page."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()
