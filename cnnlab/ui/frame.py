"""What every page starts with: the Lab, the way in for deep links, the title line with language and name."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cnnlab import settings
from cnnlab.errors import CNNLabError
from cnnlab.lab import Lab
from cnnlab.network import link
from cnnlab.ui import errors
from cnnlab.ui.state import session
from cnnlab.ui.text import LANGUAGES, _, language

MAX_NICKNAME = 30

FIRST_PAGE_SECONDS = 1.0
"""The workers wait so long for the first page: importing TensorFlow takes every core for seconds."""

SWITCH_SECONDS = 0.001

_ASSETS = Path(__file__).parent / "assets"


def come_in(page: str) -> None:
    """A page's first line. Before app.py has run once in a server's life, a deep link runs the page without it: go
    through app.py then, and come back."""
    if not session().entered:
        session().target = page, dict(st.query_params)
        st.switch_page("app.py")
    session().open(page)


def follow_deep_link(pages: dict[str, StreamlitPage]) -> None:
    """In app.py, once the pages are known: go where `come_in` came from."""
    session().entered = True
    target, session().target = session().target, None
    if target:
        page, parameters = target
        st.switch_page(pages[page], query_params=parameters)


def lab() -> Lab:
    """The one Lab of this server. Where its folder cannot be used, the page says so and ends here."""
    try:
        return _lab()
    except CNNLabError as error:
        errors.show(error)
        st.stop()


@st.cache_resource(show_spinner=False)
def _lab() -> Lab:
    # A page that computes lets the thread that sends messages, and other pages, wait for so long: Python's own 5 ms
    # are felt where an answer takes twenty turns.
    sys.setswitchinterval(SWITCH_SECONDS)
    found = Lab(settings.from_environment(), start_engine=False)
    found.engine.start(after=FIRST_PAGE_SECONDS)
    return found


def title(name: str, sentence: str) -> None:
    """The page's title, what one does here, and at the right the reader's name and the language."""
    st.html(_ASSETS / "frame.css")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(name, anchor=False, width="stretch")
        with st.container(horizontal=True, vertical_alignment="center", width="content", gap="small"):
            _who()
            _language()
    st.markdown(sentence)


def say_damage() -> None:
    """Say that the database was damaged and another was begun, until the reader has understood."""
    damage, seen = lab().store.damage, session().opened
    if damage is None or str(damage) in seen:
        return
    errors.show(damage)
    if st.button(_("Understood"), key="damage"):
        seen.add(str(damage))
        st.rerun()


def take_link() -> None:
    """Take the network and settings that the link carries (`?n=`), once; a damaged code is said and changes nothing."""
    me, code = session(), st.query_params.get("n")
    if not code or code in me.linked:
        return
    me.linked.add(code)
    try:
        network, training = link.decode(code)
    except CNNLabError as error:
        errors.show(error)
        return
    if (network, training) != (me.network, me.training):
        me.begin(network, training)


def keep_in_link() -> None:
    """Let the link carry the network and settings, so that a reload or a second tab begins with them."""
    me = session()
    code = link.encode(me.network, me.training)
    if code != st.query_params.get("n"):
        me.linked.add(code)
        st.query_params["n"] = code


def _who() -> None:
    me = session()
    me.nickname = me.nickname or st.query_params.get("who", "")[:MAX_NICKNAME]
    with st.popover(errors.plain(me.nickname) or _("Who are you?"), icon=":material/person:", type="tertiary"):
        given = st.text_input(
            _("A name, if you like"),
            value=me.nickname,
            key="nickname",
            max_chars=MAX_NICKNAME,
            help=_("Your runs carry it, and when many people share this Lab everyone gets their turn."),
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
