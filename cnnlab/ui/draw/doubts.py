"""What Draw says instead of a prediction if the image is hardly one digit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from cnnlab.ui.text import _
from cnnlab.vision.digit_preprocessing import Digit


def show(digit: Digit, label: str, values: Mapping[str, Any]) -> None:
    """Draw why this is hardly one digit, and what the network would predict.

    Args:
        label: the class that is predicted.
        values: `best`, the same as it is shown, and `share`, its probability or score as text.
    """
    st.markdown(f"### {headline(digit, label)}")
    st.caption(f":material/info: {_advice(digit, label)}")
    st.caption(_("Read as one digit, the network predicts {best} ({share}).", **values))


def headline(digit: Digit, label: str) -> str:
    """Return in a few words what the image shows instead of one digit."""
    texts = {
        "dot": _("A dot, not a digit"),
        "full": _("Almost all ink, not a digit"),
        "parts": _("Several digits in one"),
        "strokes": _("Scattered strokes, not one digit"),
        "wide": _("Too wide for one digit"),
    }
    return texts[digit.doubt_as(label)]


def _advice(digit: Digit, label: str) -> str:
    texts = {
        "dot": _("That is barely more than a dot. Try a longer stroke."),
        "full": _("The canvas is almost full. Leave some space around the digit."),
        "parts": _("This looks like {count} digits, but the network reads them as one.", count=digit.parts),
        "strokes": _("No stroke is as high as a digit. Connect the strokes, or write larger."),
        "wide": _("Hardly anyone writes a {label} this wide; these may be digits that touch.", label=label),
    }
    return texts[digit.doubt_as(label)]
