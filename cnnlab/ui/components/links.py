"""What happens when a link is followed."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_mount = st.components.v2.component("cnnlab_links", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"))


def keep_menus_open() -> None:
    """Let no menu of the page close while a link is followed; see links.js for the reason."""
    _mount(key="links", height=0)
