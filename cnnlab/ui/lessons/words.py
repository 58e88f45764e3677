"""A lesson's words on the page: Markdown with LaTeX, and terms that say what they mean.

A term is a focusable span with its definition inside: it appears on hover, on keyboard focus and on a tap, and is read
aloud with the term (`assets/learn.css` hides and places it). Markdown's own tooltip belongs to a whole paragraph only.
"""

from __future__ import annotations

import html
import itertools
import re
import zlib
from collections.abc import Iterable

import streamlit as st

from cnnlab.lessons.glossary import GLOSSARY
from cnnlab.lessons.texts import filled
from cnnlab.ui.text import _, translate

_DISPLAYED = re.compile(r"^\$\$(.+)\$\$$", re.MULTILINE)
"""A formula on a line of its own; only with the dollars on lines of theirs is it set in display style."""


_WITHIN = re.compile(r"[^\s$*|\[\]<>]*(?<!\$)\$(?!\$)[^$\n]+\$(?!\$)[^\s$*|\[\]<>]*")
"""A formula within a sentence, with what stands next to it: a particle, a comma."""


def show(text: str) -> None:
    """Draw a text of a lesson."""
    if text:
        ids = (f"term-{zlib.crc32(text.encode())}-{number}" for number in itertools.count())
        # Only the lessons' own files come here.
        text = _DISPLAYED.sub(r"$$\n\1\n$$", text)
        text = _WITHIN.sub(r'<span class="cnnlab-formula">\g<0></span>', text)
        st.markdown(filled(text, lambda key, shown: _explained(key, shown, next(ids))), unsafe_allow_html=True)


def plain(text: str) -> str:
    """A text without explanations, for places that show no more than Markdown."""
    return filled(text, lambda key, shown: shown)


def _explained(key: str, shown: str, name: str) -> str:
    definition = html.escape(translate(GLOSSARY[key].definition))
    return (
        f'<span class="cnnlab-term" tabindex="0" aria-describedby="{name}">{html.escape(shown)}'
        f'<span class="cnnlab-definition" role="tooltip" id="{name}">{definition}</span></span>'
    )


def glossary(keys: Iterable[str]) -> None:
    """The terms of a lesson with their definitions, as a list."""
    terms = [GLOSSARY[key] for key in keys]
    with st.expander(_("Terms of this lesson"), icon=":material/menu_book:"):
        st.markdown("\n".join(f"- **{translate(term.name)}**: {translate(term.definition)}" for term in terms))
