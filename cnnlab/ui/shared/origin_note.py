"""The note at a run whose network was trained outside the Lab, at least at first."""

from __future__ import annotations

import streamlit as st

from cnnlab.runs.origin import MAYBE_SEEN, UNKNOWN_IMAGES
from cnnlab.runs.run import Run
from cnnlab.ui.lab import lab
from cnnlab.ui.text import translate


def origin_note(run: Run) -> None:
    """Say that the run's accuracies may be on images that its network had seen, if so."""
    origin = lab().test_sets.origin(run)
    if origin != "here":
        st.caption(f"{translate(UNKNOWN_IMAGES[origin])} {translate(MAYBE_SEEN)}")
