"""Tables as Markdown: fast to draw, and part of the page, so users can copy, search and listen to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> None:
    """Draw a table of Markdown texts. The first `words` columns are left-aligned, the others right-aligned."""
    lines = [head, ["---" if column < words else "---:" for column in range(len(head))], *rows]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
