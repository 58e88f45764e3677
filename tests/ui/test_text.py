"""Texts in the reader's language, with the form that a count takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.ui import text


def _counts() -> None:
    import streamlit as st

    from cnnlab.errors import NetworkError
    from cnnlab.network.layers import Conv2D
    from cnnlab.ui.text import n_, translate

    for count in (0, 1, 2):
        st.text(n_("{count} epoch in {duration}", "{count} epochs in {duration}", count=count, duration="4 s"))
    st.text(n_("One batch", "{count} batches", count=1))
    st.text(n_("{count:,} parameter", "{count:,} parameters", count=1234))
    st.text(n_("{count} stranger", "{count} strangers", count=1))
    for units in (1, 7):
        try:
            Conv2D().output_shape((units,))
        except NetworkError as error:
            st.text(error.sentences(translate)[0])
    st.text(translate(""))


ENGLISH = [
    "0 epochs in 4 s", "1 epoch in 4 s", "2 epochs in 4 s", "One batch", "1,234 parameters", "1 stranger",
    "It needs an image (height, width, channels), but it receives a vector of 1 value.",
    "It needs an image (height, width, channels), but it receives a vector of 7 values.",
    "",
]  # fmt: skip
KOREAN = [
    "0 에포크, 4 s", "1 에포크, 4 s", "2 에포크, 4 s", "배치 1개", "파라미터 1,234개", "1 stranger",
    "이미지(높이, 너비, 채널)가 필요한데 값 1개짜리 벡터를 받습니다.",
    "이미지(높이, 너비, 채널)가 필요한데 값 7개짜리 벡터를 받습니다.",
    "",
]  # fmt: skip


@pytest.mark.parametrize(("language", "expected"), [("en", ENGLISH), ("ko", KOREAN)])
def test_a_count_takes_its_form_in_both_languages(language: str, expected: list[str]) -> None:
    app = AppTest.from_function(_counts, default_timeout=180)
    app.query_params["lang"] = language
    app.run()
    assert not app.exception
    assert [shown.value for shown in app.text] == expected


POLISH = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\n"

msgid "{count} epoch"
msgid_plural "{count} epochs"
msgstr[0] "{count} epoka"
msgstr[1] "{count} epoki"
msgstr[2] "{count} epok"
"""


def test_a_language_may_have_more_forms_than_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pl" / "LC_MESSAGES" / "cnnlab.po"
    file.parent.mkdir(parents=True)
    file.write_text(POLISH, encoding="utf-8")
    monkeypatch.setattr(text, "CATALOGS", tmp_path)
    monkeypatch.setattr(text, "language", lambda: "pl")
    said = [text.n_("{count} epoch", "{count} epochs", count=count) for count in (1, 2, 5, 12, 22)]
    assert said == ["1 epoka", "2 epoki", "5 epok", "12 epok", "22 epoki"]
