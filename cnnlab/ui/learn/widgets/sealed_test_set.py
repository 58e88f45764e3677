"""The sealed test set, which can be opened once."""

from __future__ import annotations

import streamlit as st

from cnnlab.ui.lab import lab
from cnnlab.ui.learn.widgets.context import WidgetContext
from cnnlab.ui.session import session
from cnnlab.ui.shared import engine_status
from cnnlab.ui.text import _


def show(context: WidgetContext) -> None:
    """Draw the button that breaks the seal, or the test accuracy once it is broken."""
    run = next(iter(context.runs.values()))
    if run.test_accuracy is not None:
        st.metric(_("Accuracy on the test images"), f"{run.test_accuracy:.2%}")
        st.caption(_("From now on, this test set can no longer judge your changes fairly."))
        return
    st.markdown(_("The test set of this run is sealed. Open it once you are done making changes."))
    if not st.button(_("I’m done: open the test set"), icon=":material/lock_open:", key=f"{context.key}-open"):
        return
    with engine_status.errors_shown():
        with st.spinner(_("Running the network …")):
            lab().test_sets.unseal(run, session().who)
            found = lab().evaluation.evaluate(run, lab().snapshots.final(run.id), "test")
            lab().test_sets.note_accuracy(run, found.accuracy)
        st.rerun()
