"""_(): every visible text in the reader's language. English is the source; Babel reads the catalogues beside "
"this file."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from babel.messages.pofile import read_po

from cnnlab.errors import fill
from cnnlab.ui.state import session

LANGUAGES: Mapping[str, str] = {"en": "English", "ko": "한국어"}
CATALOGUES = Path(__file__).parent / "locale"


def language() -> str:
    """The language of the present page."""
    return session().spoken or choose_language()


def choose_language() -> str:
    """Settle the language for a whole run of the page (app.py): asking for every text would cost a live update dear.

    It is the reader's choice, else the link's (`?lang=`), else the browser's, else English.
    """
    session().spoken = _wanted()
    return session().spoken


def _wanted() -> str:
    asked = session().language or st.query_params.get("lang")
    if asked and asked in LANGUAGES:
        return asked
    browser = (st.context.locale or "en").split("-")[0]
    return browser if browser in LANGUAGES else "en"


def translate(text: str) -> str:
    """A text that was marked with `N_` elsewhere, in the reader's language; what is not in the catalogue stays."""
    return _catalogue(language()).get(text, text)


def _(text: str, **values: Any) -> str:
    """`text` in the reader's language with its named values filled in."""
    return fill(translate(text), values) if values else translate(text)


@functools.cache
def _catalogue(name: str) -> Mapping[str, str]:
    path = CATALOGUES / name / "LC_MESSAGES" / "cnnlab.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}
