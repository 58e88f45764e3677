"""CNNLabError -> a message in the reader's language, at the place where it is called."""

from __future__ import annotations

import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.ui.text import translate


def show(error: CNNLabError) -> None:
    """The problem in bold, then the remedy."""
    problem, remedy = error.sentences(translate)
    # What a stranger typed can be in the values: brackets and the like are shown, not interpreted.
    st.error("\n\n".join(filter(None, (f"**{plain(problem)}**", plain(remedy)))), icon=":material/error:")


def plain(text: str) -> str:
    """`text` with everything that Markdown would interpret escaped."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]<>()#+-!|$~:" else character for character in text)
