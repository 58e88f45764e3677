"""The start of every page: deep links, and the title row with nickname and language."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cnnlab.ui import errors
from cnnlab.ui.components import links
from cnnlab.ui.session import session
from cnnlab.ui.text import LANGUAGES, _, language

MAX_NICKNAME = 30

_CSS = Path(__file__).with_suffix(".css")


def enter(page: str) -> None:
    """Open a page; every page calls this first.

    On a freshly started server, a deep link runs the page before app.py has run: go through app.py then, and come back.
    """
    if not session().entered:
        session().target = page, dict(st.query_params)
        st.switch_page("app.py")
    session().open(page)


def follow_deep_link(pages: dict[str, StreamlitPage]) -> None:
    """Go back to the page from which `enter` went to app.py."""
    session().entered = True
    target, session().target = session().target, None
    if target:
        page, parameters = target
        st.switch_page(pages[page], query_params=parameters)


def title(name: str, sentence: str) -> None:
    """Draw the header in one row: the page's title, what it is for, the user's nickname and the language."""
    st.html(_CSS)
    with st.container(horizontal=True, vertical_alignment="center", key="page-header"):
        st.title(name, anchor=False, width="content")
        st.markdown(sentence, width="stretch")
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            _who()
            _language()
            links.keep_menus_open()


def _who() -> None:
    me = session()
    me.nickname = me.nickname or st.query_params.get("who", "")[:MAX_NICKNAME]
    with st.popover(errors.plain(me.nickname) or _("Set nickname"), icon=":material/person:", type="tertiary"):
        given = st.text_input(
            _("Nickname (optional)"),
            value=me.nickname,
            key="nickname",
            max_chars=MAX_NICKNAME,
            help=_("Shown with your runs, and used to share training time fairly."),
        ).strip()
    if given != me.nickname:
        me.nickname = given
        st.query_params["who"] = given
        st.rerun()


def _language() -> None:
    chosen = st.segmented_control(
        _("Language"),
        options=list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        default=language(),
        required=True,
        key="language",
        label_visibility="collapsed",
    )
    if chosen != language():
        session().language = chosen
        st.query_params["lang"] = chosen
        st.rerun()
