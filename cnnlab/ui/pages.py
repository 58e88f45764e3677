"""The pages of the app: one list for navigation, deep links and buttons that open another page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cnnlab.i18n.marks import N_
from cnnlab.ui.text import translate


class Page(NamedTuple):
    """One page.

    Attributes:
        title: marked with `N_`.
        icon: a Material symbol in Streamlit's notation.
    """

    title: str
    icon: str


PAGES: Mapping[str, Page] = {
    "home": Page(N_("Home"), ":material/home:"),
    "data": Page(N_("Data"), ":material/image_search:"),
    "build": Page(N_("Build"), ":material/layers:"),
    "train": Page(N_("Train"), ":material/play_circle:"),
    "filters": Page(N_("Filters"), ":material/blur_on:"),
    "maps": Page(N_("Feature maps"), ":material/filter_none:"),
    "draw": Page(N_("Draw"), ":material/draw:"),
    "evaluate": Page(N_("Evaluate"), ":material/fact_check:"),
    "runs": Page(N_("Runs"), ":material/table_rows:"),
    "learn": Page(N_("Learn"), ":material/school:"),
}
"""File name in `pages/` (and path in the URL) -> page, in the order of the navigation bar."""


def path(page: str) -> str:
    """Return the file of a page of `PAGES`."""
    return f"pages/{page}.py"


def navigation() -> dict[str, StreamlitPage]:
    """Return the pages for `st.navigation`; the first one is the default."""
    return {
        name: st.Page(path(name), title=translate(page.title), icon=page.icon, default=name == next(iter(PAGES)))
        for name, page in PAGES.items()
    }


def go(page: str, **query: str) -> NoReturn:
    """Switch to a page of `PAGES` with these query parameters. The script ends here."""
    st.switch_page(path(page), query_params=query or None)
    raise AssertionError("st.switch_page ends the script")
