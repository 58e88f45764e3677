"""A network's outputs in words: percentages for probabilities, plain scores for others."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cnnlab.evaluation.not_finite import NotFiniteError, not_finite
from cnnlab.network.outputs import NOTES, OutputKind, format_output
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui.lab import lab
from cnnlab.ui.text import _, translate


def share(value: float, kind: OutputKind, digits: int = 1) -> str:
    """Return an output as text, such as "93.1%" (with `digits` decimals) or "score 3.18"."""
    shown = format_output(float(value), kind, digits)
    return shown if kind == "probabilities" else _("score {value}", value=shown)


def note(kind: OutputKind) -> None:
    """Say that outputs are not probabilities, if they are not."""
    if NOTES[kind]:
        st.caption(translate(NOTES[kind]))


def problem(values: np.ndarray, run: Run, moment: Moment) -> NotFiniteError | None:
    """Return what to say if one of a network's outputs is NaN or infinite; otherwise None."""
    return None if np.isfinite(values).all() else not_finite("outputs", lab().snapshots.diverged_in(run.id, moment))
