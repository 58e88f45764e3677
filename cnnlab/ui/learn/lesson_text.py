"""A lesson's texts on the page: Markdown with LaTeX, and terms with their definitions.

A term is a focusable span with its definition inside. The definition appears on hover, on keyboard focus and on a tap,
and screen readers read it with the term; `lesson.css` hides and positions it. Markdown's own tooltips would cover a
whole paragraph.
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
"""A formula on its own line. Streamlit sets it in display style only if the dollar signs have their own lines, too."""


_WITHIN = re.compile(r"[^\s$*|\[\]<>]*(?<!\$)\$(?!\$)[^$\n]+\$(?!\$)[^\s$*|\[\]<>]*")
"""A formula within a sentence, with the characters attached to it, such as a comma or a Korean particle."""


def show(text: str) -> None:
    """Draw a text of a lesson."""
    if text:
        ids = (f"term-{zlib.crc32(text.encode())}-{number}" for number in itertools.count())
        # unsafe_allow_html is safe here: all texts come from the lessons' own files.
        text = _DISPLAYED.sub(r"$$\n\1\n$$", text)
        text = _WITHIN.sub(r'<span class="cnnlab-formula">\g<0></span>', text)
        st.markdown(filled(text, lambda key, shown: _with_definition(key, shown, next(ids))), unsafe_allow_html=True)


def plain(text: str) -> str:
    """Return a text without definitions, where only plain Markdown is possible."""
    return filled(text, lambda key, shown: shown)


def _with_definition(key: str, shown: str, name: str) -> str:
    definition = html.escape(translate(GLOSSARY[key].definition))
    return (
        f'<span class="cnnlab-term" tabindex="0" aria-describedby="{name}">{html.escape(shown)}'
        f'<span class="cnnlab-definition" role="tooltip" id="{name}">{definition}</span></span>'
    )


def glossary(keys: Iterable[str]) -> None:
    """Draw the list of a lesson's terms with their definitions."""
    terms = [GLOSSARY[key] for key in keys]
    with st.expander(_("Terms of this lesson"), icon=":material/menu_book:"):
        st.markdown("\n".join(f"- **{translate(term.name)}**: {translate(term.definition)}" for term in terms))
