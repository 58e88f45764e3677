"""Marks for texts that a reader will see.

The core never translates: it marks its English texts with `N_`, so that the catalogue finds them, and the
interface translates them when it shows them (`cnnlab.ui.text`).
"""

from collections.abc import Callable

Translate = Callable[[str], str]
"""Turns a marked English text into the reader's language."""


def N_(text: str) -> str:
    """Mark `text` for the catalogue and return it unchanged."""
    return text


def untranslated(text: str) -> str:
    """The `Translate` of a script or notebook: English stays English."""
    return text
