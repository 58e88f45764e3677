"""The sealed test set, and the button that opens it."""

from __future__ import annotations

import streamlit as st

from cnnlab.runs.run import Run
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import redraw
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session
from cnnlab.ui.text import _, translate


def sealed(run: Run) -> bool:
    """Return whether the run's test set is still sealed; if so, offer to break the seal."""
    if not lab().test_sets.sealed(run):
        return False
    dataset = lab().test_sets.dataset(run)
    count = lab().test_sets.openings(dataset)
    st.info(
        _(
            "**The test set is sealed.** Save it for the very end. As long as nobody has looked at it, its accuracy "
            "tells how well the network does on new images. If you look, change something and look again, you start "
            "to fit the network to the test set. Use the validation images until you are done."
        ),
        icon=":material/lock:",
    )
    title = translate((run.dataset if dataset == run.dataset.name else lab().datasets.info(dataset)).title)
    st.caption(_("Seals broken so far for {dataset} in this Lab: {count}.", dataset=errors.plain(title), count=count))
    if st.button(_("I’m done tuning: break the seal"), icon=":material/lock_open:", key="evaluate-unseal"):
        lab().test_sets.unseal(run, session().who)
        redraw()
    return True
