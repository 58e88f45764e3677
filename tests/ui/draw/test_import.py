"""Drawings that are imported: unusual ones only once the reader has said how."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.lab.lab import Lab
from cnnlab.training import drawings_file


def script(content: bytes, collection: str) -> None:
    """Import a file as the tab does, and write whether it is done."""
    import streamlit as st

    from cnnlab.ui import errors
    from cnnlab.ui.draw import collections

    with errors.shown():
        st.text(str(collections._add(content, collection)))


ONE = np.zeros((28, 28), np.uint8)
ONE[4:24, 13:15] = 255


def importing(images: np.ndarray, collection: str) -> AppTest:
    content = drawings_file.pack(images.reshape(-1, 28, 28, 1), np.ones(len(images), int))
    app = AppTest.from_function(script, default_timeout=180, args=(content, collection)).run()
    assert not app.exception, app.exception
    return app


def test_usual_drawings_are_imported_at_once(lab: Lab) -> None:
    app = importing(np.stack([ONE, ONE]), "usual")
    assert [text.value for text in app.text] == ["True"] and not app.warning
    assert (lab.drawings.images("usual")[0][..., 0] == ONE).all()


@pytest.mark.parametrize(("key", "kept"), [("keep-correct", ONE), ("keep-as-they-are", 255 - ONE)])
def test_of_unusual_ones_the_reader_is_asked(lab: Lab, key: str, kept: np.ndarray) -> None:
    app = importing(255 - np.stack([ONE, ONE]), key)
    assert [text.value for text in app.text] == ["False"]
    (question,) = app.warning
    assert "2 of 2 drawings are dark on white, but the networks learn white on black" in question.value
    assert lab.drawings.of(key) == []
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    assert [text.value for text in app.text] == ["True"]
    assert (lab.drawings.images(key)[0][..., 0] == kept).all()
