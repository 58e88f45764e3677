"""Show a CNNLabError as a message in the user's language, where it occurred."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from types import TracebackType

import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.ui.text import translate


def show(error: CNNLabError) -> None:
    """Show the problem in bold, then the remedy."""
    problem, remedy = error.sentences(translate)
    # The values can contain text that another user typed, so escape its Markdown.
    st.error("\n\n".join(filter(None, (f"**{plain(problem)}**", plain(remedy)))), icon=":material/error:")


class Shown(ContextDecorator):
    """See `shown`. A class whose `__exit__` returns bool, so type checkers know that the block can end early."""

    def __init__(self, show: Callable[[CNNLabError], None]) -> None:
        self._show = show

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, CNNLabError):
            self._show(error)
        return isinstance(error, CNNLabError)


def shown() -> Shown:
    """Return a context manager that shows a `CNNLabError` in place and skips the rest of the block.

    Put code that must only run after success inside the block, including `st.rerun` and `redraw`: their exceptions
    pass through. The decorator `@shown()` does the same for a function, which then returns None.
    """
    return Shown(show)


def plain(text: str) -> str:
    """Return `text` with all Markdown characters escaped."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]<>()#+-!|$~:" else character for character in text)
