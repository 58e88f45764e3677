"""Select the networks that read the drawing: the one that all pages share, and others to compare it with."""

from __future__ import annotations

import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.runs import builtin
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import redraw, when_open
from cnnlab.ui.draw.state import ChosenNetwork, DrawState
from cnnlab.ui.lab import lab
from cnnlab.ui.session import state
from cnnlab.ui.shared import moment_picker, run_labels
from cnnlab.ui.text import _

Network = tuple[Run, Moment, str]
"""A run, one of its snapshots, and both in words."""
MAX_OTHERS = 3


def choose() -> list[Network]:
    """Draw the run and its snapshot, by default the built-in network, and the menu of others; return all networks."""
    run, moment = moment_picker.choose("draw", builtin.ID)
    first = ChosenNetwork(run.id, moment)
    when_open(st.popover, _("Compare"), "draw-networks", lambda: _choose_others(first), icon=":material/add:")
    return [(run, moment, _title(run, moment)), *_others()]


def _others() -> list[Network]:
    """Return the other networks that still exist."""
    page = state(DrawState)
    found = {network: _find(network) for network in page.others}
    page.others = [network for network, known in found.items() if known]
    return [known for known in found.values() if known]


def _find(network: ChosenNetwork) -> Network | None:
    try:
        run, moments = lab().runs.get(network.run), lab().snapshots.of(network.run)
    except CNNLabError:
        # The run was deleted in the meantime.
        return None
    if not moments:
        return None
    moment = network.moment if network.moment in moments else moments[-1]
    return run, moment, _title(run, moment)


def _title(run: Run, moment: Moment) -> str:
    title = run_labels.short(run)
    if moment == lab().snapshots.of(run.id)[-1]:
        return title
    return _("{name}, {snapshot}", name=title, snapshot=moment_picker.name(moment))


def _choose_others(first: ChosenNetwork) -> None:
    """Draw the other networks, with buttons that remove one or add another, at any snapshot of its training."""
    page = state(DrawState)
    st.markdown(_("**Compare with** · :small[the first network is explained below]"))
    for position, (_run, _moment, title) in enumerate(_others()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(errors.plain(title), width="stretch")
            if st.button("", icon=":material/close:", help=_("Remove"), key=f"unask-{position}"):
                del page.others[position]
                redraw()
    if len(page.others) >= MAX_OTHERS:
        return
    runs = moment_picker.runs_with_weights()
    names = run_labels.names(runs.values())
    run = runs[st.selectbox(_("Network"), list(runs), format_func=names.__getitem__, key="draw-add")]
    moments = lab().snapshots.of(run.id)
    moment = st.selectbox(
        _("Its snapshot"), [*reversed(moments)], format_func=moment_picker.name, key=f"draw-add-{run.id}"
    )
    chosen = ChosenNetwork(run.id, moment)
    is_shown = chosen in (first, *page.others)
    about = _("This snapshot is already shown.") if is_shown else None
    if st.button(_("Add network"), icon=":material/add:", key="draw-ask", disabled=is_shown, help=about):
        page.others.append(chosen)
        redraw()
