"""The Lab's errors on a page: what is shown, what is skipped, and what passes through."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnlab.lab.lab import Lab
from cnnlab.settings import Settings
from cnnlab.ui import lab as the_lab


def a_block_that_fails() -> None:
    import streamlit as st

    from cnnlab.errors import CNNLabError
    from cnnlab.ui import errors

    with st.expander("place"), errors.shown():
        st.text("before")
        raise CNNLabError("No room for {name}.", "Delete *something*.", name="[it]")
        st.text("skipped")
    with errors.shown():
        st.text("after")


def test_a_block_ends_at_an_error_which_is_shown_there() -> None:
    app = AppTest.from_function(a_block_that_fails, default_timeout=180).run()
    assert not app.exception, app.exception
    assert [text.value for text in app.text] == ["before", "after"]
    assert [error.value for error in app.error] == ["**No room for \\[it\\].**\n\nDelete \\*something\\*."]
    (place,) = app.expander
    assert (len(place.text), len(place.error)) == (1, 1)


def functions() -> None:
    import streamlit as st

    from cnnlab.errors import CNNLabError
    from cnnlab.ui import errors

    @errors.shown()
    def half(number: int) -> int | None:
        """Halve it."""
        if number % 2:
            raise CNNLabError("{number} is odd.", number=number)
        return number // 2

    st.text(f"{half(4)} {half(3)} {half(2)} {half.__name__} {half.__doc__}")


def test_a_function_that_fails_returns_nothing() -> None:
    app = AppTest.from_function(functions, default_timeout=180).run()
    assert not app.exception, app.exception
    assert [error.value for error in app.error] == ["**3 is odd.**"]
    assert [text.value for text in app.text] == ["2 None 1 half Halve it."]


def others() -> None:
    import streamlit as st

    from cnnlab.ui import errors

    with errors.shown():
        if "again" not in st.query_params:
            st.query_params["again"] = "yes"
            st.rerun()
        st.text("drawn again")
        raise ValueError("a bug")


def test_a_rerun_and_what_is_no_error_of_ours_pass_through() -> None:
    app = AppTest.from_function(others, default_timeout=180).run()
    assert [text.value for text in app.text] == ["drawn again"]
    assert [(found.message, len(app.error)) for found in app.exception] == [("a bug", 0)]


def asking() -> None:
    from cnnlab.errors import CNNLabError
    from cnnlab.ui.shared import engine_status

    with engine_status.errors_shown():
        raise CNNLabError("No answer.")


def test_workers_that_are_only_just_starting_are_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(Settings(home=tmp_path), start_engine=False)
    monkeypatch.setattr(the_lab, "_lab", lambda: lab)
    try:
        app = AppTest.from_function(asking, default_timeout=180).run()
        assert [error.value for error in app.error] == ["**No answer.**"]
        assert not app.info
        lab.engine.state = "starting"
        app.run()
        assert not app.error
        assert [info.value for info in app.info] == ["The workers are starting; this takes a few seconds."]
        assert not app.exception, app.exception
    finally:
        lab.close()
