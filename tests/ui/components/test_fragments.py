"""What is drawn of tabs and popovers, and when what goes on has the page drawn anew."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def three_tabs() -> None:
    import streamlit as st

    from cnnlab.errors import CNNLabError
    from cnnlab.ui.components.fragments import tabs

    def fails() -> None:
        raise CNNLabError("Broken.")

    tabs(
        {
            "Plain": lambda: st.text("plain"),
            "Broken": fails,
            "Form": lambda: st.text_input("Name", key="name"),
        },
        key="views",
        forms=["Form"],
    )
    st.text("below")


def test_only_the_open_tab_is_drawn() -> None:
    app = AppTest.from_function(three_tabs, default_timeout=180).run()
    assert not app.exception, app.exception
    assert [tab.label for tab in app.tabs] == ["Plain", "Broken", "Form"]
    assert [text.value for text in app.text] == ["plain", "below"]
    assert not app.text_input


def test_an_error_is_shown_in_its_tab() -> None:
    app = AppTest.from_function(three_tabs, default_timeout=180).run()
    app.session_state["views"] = "Broken"
    app.run()
    assert not app.exception, app.exception
    assert [[error.value for error in tab.error] for tab in app.tabs] == [[], ["**Broken.**"], []]
    assert [text.value for text in app.text] == ["below"]


def test_a_form_in_a_tab_keeps_what_was_typed_while_the_tab_was_closed() -> None:
    app = AppTest.from_function(three_tabs, default_timeout=180).run()
    app.session_state["views"] = "Form"
    app.run()
    # Typing and closing reach the server as one step.
    app.text_input(key="name").input("Ada")
    app.session_state["views"] = "Plain"
    app.run()
    assert not app.exception, app.exception
    assert [tab.label for tab in app.tabs if tab.text_input] == ["Form"]
    assert app.text_input(key="name").value == "Ada"
    assert [text.value for text in app.text] == ["plain", "below"]


def popovers() -> None:
    import streamlit as st

    from cnnlab.ui.components.fragments import when_open

    plain = when_open(st.popover, "Plain", "plain", lambda: st.button("Press"), icon=":material/tune:")
    form = when_open(st.expander, "Form", "form", lambda: st.text_input("Name", key="name"), form="its form")
    st.text(f"{plain} {form}")


def test_a_popover_is_filled_while_it_is_open_and_a_form_from_then_on() -> None:
    app = AppTest.from_function(popovers, default_timeout=180).run()
    assert not app.exception, app.exception
    assert [text.value for text in app.text] == ["None None"]
    app.session_state["plain"] = app.session_state["form"] = True
    app.run()
    assert [text.value for text in app.text] == ["False"]
    app.text_input(key="name").input("Ada")
    app.session_state["plain"] = app.session_state["form"] = False
    app.run()
    assert not app.exception, app.exception
    assert [text.value for text in app.text] == ["None Ada"]
    assert [expander.label for expander in app.expander if expander.text_input] == ["Form"]


def watching() -> None:
    import streamlit as st

    from cnnlab.ui.components.fragments import watch

    known = st.query_params.get("phase", "training")
    seen = st.query_params.get_all("seen")
    st.query_params["seen"] = [*seen, known]
    if known == "training":
        # It ends while the page is drawn, after what depends on it was chosen.
        st.query_params["phase"] = "finished"
    watch(lambda: st.text(f"drawn {known}"), lambda: st.query_params["phase"], known, 0.5 if not seen else None)
    watch(None, lambda: "the same", "the same", None)


def test_a_change_of_what_is_watched_draws_the_page_anew() -> None:
    app = AppTest.from_function(watching, default_timeout=180).run()
    assert not app.exception, app.exception
    assert app.query_params["seen"] == ["training", "finished"]
    assert [text.value for text in app.text] == ["drawn finished"]
