"""Translate visible texts with _() and n_(). English is the source language; Babel reads the catalogs in `locale`."""

from __future__ import annotations

import functools
import gettext
import io
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import streamlit as st
from babel.dates import format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from cnnlab.errors import fill
from cnnlab.i18n.marks import Counted, Verbatim, nN_
from cnnlab.ui.session import session

LANGUAGES: Mapping[str, str] = {"en": "English", "ko": "한국어"}
CATALOGS = Path(__file__).parent / "locale"


def language() -> str:
    """Return the language of the current page."""
    return session().page_language or choose_language()


def choose_language() -> str:
    """Choose the language for a whole run of the page: choosing it for every text would slow down live updates.

    The user's choice comes first, then the link (`?lang=`), the browser, and English.
    """
    session().page_language = _preferred()
    return session().page_language


def _preferred() -> str:
    me, linked = session(), st.query_params.get("lang")
    if not me.language and linked in LANGUAGES:
        # Kept, since a button that goes to another page leaves the link behind.
        me.language = linked
    if me.language:
        return me.language
    browser = (st.context.locale or "en").split("-")[0]
    return browser if browser in LANGUAGES else "en"


def translate(text: str) -> str:
    """Return a text marked with `N_` or `nN_` in the user's language; unchanged if the catalog lacks it."""
    if isinstance(text, Verbatim):
        return str(text)
    catalog = _catalog(language())
    if isinstance(text, Counted):
        return catalog.ngettext(text.one, text.many, text.number)
    # The empty string is the key of the catalog's header.
    return catalog.gettext(text) if text else ""


def _(text: str, **values: Any) -> str:
    """Return `text` in the user's language with its named values filled in."""
    return fill(translate(text), values) if values else translate(text)


def n_(one: str, many: str, *, count: int, **values: Any) -> str:
    """Return the singular or plural text for `count` in the user's language, with all values filled in."""
    return fill(translate(nN_(one, many, count)), {"count": count, **values})


@functools.cache
def _catalog(name: str) -> gettext.NullTranslations:
    path = CATALOGS / name / "LC_MESSAGES" / "cnnlab.po"
    if not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def duration(seconds: float) -> str:
    """Return a duration as text: hours and minutes, minutes and seconds, or seconds."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    if minutes:
        return _("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return _("{seconds} s", seconds=rest)


def ago(timestamp: float) -> str:
    """Return how long ago `timestamp` was, as text, in a single unit."""
    past = timedelta(seconds=timestamp - time.time())
    if past > timedelta(minutes=-1):
        return _("just now")
    return format_timedelta(past, add_direction=True, locale=language())
