"""An uploaded image is decoded once, as Streamlit's own test runner draws the upload."""

from __future__ import annotations

import io

from PIL import Image
from streamlit.testing.v1 import AppTest


def _upload() -> None:
    import streamlit as st

    from cnnlab.ui.shared import picture_picker

    picture = picture_picker.file("An image", 20, "test")
    st.text("none" if picture is None else f"{picture.name} {picture.pixels.shape} {id(picture.pixels)}")
    st.button("Again")


def _png(width: int) -> bytes:
    content = io.BytesIO()
    Image.new("L", (width, 10)).save(content, "PNG")
    return content.getvalue()


def test_an_upload_is_decoded_once_and_another_file_takes_its_place() -> None:
    app = AppTest.from_function(_upload).run(timeout=180)
    assert app.text[0].value == "none"
    app.file_uploader[0].set_value(("a.png", _png(40), "image/png")).run()
    first = app.text[0].value
    assert first.startswith("a.png (5, 20, 3) ")
    app.button[0].click().run()
    assert app.text[0].value == first
    app.file_uploader[0].set_value(("b.png", _png(10), "image/png")).run()
    assert app.text[0].value.startswith("b.png (10, 10, 3) ")
    app.file_uploader[0].set_value(("c.png", b"no image", "image/png")).run()
    assert app.text[0].value == "none"
    assert "not a supported image" in app.error[0].value
    app.file_uploader[0].set_value(None).run()
    assert app.text[0].value == "none"
    assert not app.error
