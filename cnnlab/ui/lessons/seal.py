"""The test set, opened once."""

from __future__ import annotations

import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.ui import errors, timemachine
from cnnlab.ui.frame import lab
from cnnlab.ui.lessons.place import Place
from cnnlab.ui.state import session
from cnnlab.ui.text import _


def show(place: Place) -> None:
    """The seal, and after it was broken the accuracy on the test images."""
    run = next(iter(place.runs.values()))
    if run.test_accuracy is not None:
        st.metric(_("Accuracy on the test images"), f"{run.test_accuracy:.2%}")
        st.caption(_("That was it: whatever you change now, this test set can no longer judge it fairly."))
        return
    st.markdown(_("The test set of this run is sealed. Open it when you do not want to change anything any more."))
    if not st.button(_("I am done: open the test set"), icon=":material/lock_open:", key=f"{place.key}-open"):
        return
    try:
        with st.spinner(_("Asking the network …")):
            lab().unseal(run, session().who)
            found = lab().evaluate(run, lab().taken_moment(run.id), "test")
            right = found.probabilities.argmax(axis=1) == found.labels
            lab().note_test_accuracy(run, float(right.mean()))
    except CNNLabError as error:
        if not timemachine.waiting_for_workers():
            errors.show(error)
        return
    st.rerun()
