"""The doctor's findings about a run, each with its evidence and a button that applies its remedy."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnnlab.i18n.marks import N_
from cnnlab.runs.run import Run
from cnnlab.training import doctor
from cnnlab.training.doctor import Finding, Remedy
from cnnlab.training.doctor.finding import Severity
from cnnlab.ui import errors
from cnnlab.ui.lab import lab
from cnnlab.ui.session import session, state
from cnnlab.ui.shared import start_run
from cnnlab.ui.text import _, translate
from cnnlab.ui.train.state import TrainState

ICONS: Mapping[Severity, tuple[str, str]] = {
    "problem": (":red[:material/error:]", N_("problem")),
    "hint": (":orange[:material/lightbulb:]", N_("hint")),
}
"""Severity -> icon, and a word for users who cannot see its color."""


def findings(run: Run) -> None:
    """Draw the doctor's findings about a run."""
    found = doctor.examine(lab().runs.history(run.id), run.network, run.training, run.active, run.dataset)
    if not found:
        text = _("No problems found.")
        st.caption(f":material/check_circle: {text}")
        return
    for finding in found:
        with st.container(border=True, key=f"finding-{finding.rule}", gap="small"):
            _finding(run, finding)


def _finding(run: Run, finding: Finding) -> None:
    headline, evidence, why = map(errors.plain, finding.sentences(translate))
    icon, word = ICONS[finding.severity]
    st.markdown(f"{icon} **{headline}** :small[:gray[· {translate(word)}]]\n\n{evidence} {why}")
    remedy = finding.remedy
    if remedy and st.button(
        remedy.sentence(translate), icon=":material/build:", key=f"remedy-{finding.rule}", help=_help(remedy)
    ):
        _apply(run, remedy)


def _help(remedy: Remedy) -> str:
    if remedy.more_epochs:
        return _("Continues this run from where it stopped.")
    return _("Starts a new run, shown next to this one, and updates Build to match.")


def _apply(run: Run, remedy: Remedy) -> None:
    """Continue the run, or start a changed one and follow it, compared with this one."""
    me = session()
    if remedy.more_epochs:
        with errors.shown():
            lab().runs.add_epochs(run.id, remedy.more_epochs)
            st.rerun()
        return
    me.offer = None
    started = start_run.start(remedy.network, remedy.training)
    if started:
        me.design(remedy.network, remedy.training)
        me.run, state(TrainState).compared = started, run.id
        st.query_params["run"] = started
        st.rerun()
