"""The doctor's panel: what stands out in a run, each finding with its evidence and a button that tries its remedy."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.runs.record import Run
from cnnlab.training import doctor
from cnnlab.training.doctor import Finding, Remedy
from cnnlab.training.doctor.finding import Severity
from cnnlab.ui import choose, errors
from cnnlab.ui.frame import lab
from cnnlab.ui.state import session
from cnnlab.ui.text import _, translate

ICONS: Mapping[Severity, tuple[str, str]] = {
    "problem": (":red[:material/error:]", N_("problem")),
    "hint": (":orange[:material/lightbulb:]", N_("hint")),
}
"""Severity -> its mark, and its word for those who do not see the colour."""


def findings(run: Run) -> None:
    """What the events of a run say about how its training goes."""
    found = doctor.examine(lab().history(run.id), run.network, run.training, run.going)
    if not found:
        calm = _("Nothing stands out.")
        st.caption(f":material/check_circle: {calm}")
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
        return _("The same run goes on from where it ended.")
    return _("The new run is shown with this one beside it; the network and the settings on Build change with it.")


def _apply(run: Run, remedy: Remedy) -> None:
    """Have the run go on, or start a new one with what is changed, and follow it with this one beside it."""
    me = session()
    if remedy.more_epochs:
        try:
            lab().continue_run(run.id, remedy.more_epochs)
        except CNNLabError as error:
            errors.show(error)
            return
        st.rerun()
    me.offer = None
    started = choose.start(remedy.network, remedy.training)
    if started:
        me.design(remedy.network, remedy.training)
        me.run, me.compared = started, run.id
        st.query_params["run"] = started
        st.rerun()
