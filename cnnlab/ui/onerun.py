"""One run: its name, note and tags; more epochs, a fork, deleting; the ways to the other pages; its curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.runs.record import MAX_NAME, MAX_NOTE, MOST_TAGS, Run
from cnnlab.ui import comparison, errors, forms, steering, takeaway, timemachine
from cnnlab.ui.frame import lab
from cnnlab.ui.live import STATES, ago, duration, short
from cnnlab.ui.state import has_been_open, redraw, session
from cnnlab.ui.text import _, translate

IN_FORK = ("epochs", "learning_rate", "batch_size", "optimizer", "schedule", "momentum", "weight_decay", "seed")
"""The settings that are offered for a fork. How images are divided stays: the run has learned from its own."""


def choose(ids: Iterable[str]) -> None:
    """Let the link name these runs."""
    text = ",".join(ids)
    if text == st.query_params.get("runs", ""):
        return
    if text:
        st.query_params["runs"] = text
    else:
        del st.query_params["runs"]


def body(run: Run, runs: Sequence[Run]) -> None:
    """What can be done with the run; `runs` are all."""
    word, colour = STATES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(errors.plain(run.name), anchor=False, width="content")
        st.badge(translate(word), color=colour)  # type: ignore[arg-type]
        for tag in run.tags:
            st.badge(errors.plain(tag), color="gray")
        st.caption(_facts(run), width="content")
    if run.note:
        st.markdown(errors.plain(run.note).replace("\n", "  \n"))
    with st.container(horizontal=True):
        for page, icon, label in (
            ("train", "play_circle", _("Follow it")),
            ("filters", "blur_on", _("Its kernels")),
            ("maps", "filter_none", _("See its feature maps")),
            ("evaluate", "fact_check", _("Where it is wrong")),
        ):
            if st.button(label, icon=f":material/{icon}:", key=f"to-{page}-{run.id}"):
                session().run, session().looked = run.id, None
                st.switch_page(f"pages/{page}.py", query_params={"run": run.id} if page == "train" else None)
        _describe(run, runs)
        takeaway.take_away(run)
        if not run.going:
            if run.epochs_done:
                steering.more_epochs(run)
            _fork(run)
            _delete(run)
    if run.error:
        errors.show(run.error)
    comparison.curves([run])


def _facts(run: Run) -> str:
    facts = [translate(DATASETS[run.training.dataset].title), _("{count:,} parameters", count=run.parameters)]
    if run.epochs_done:
        facts.append(_("{epochs} epochs in {duration}", epochs=run.epochs_done, duration=duration(run.seconds)))
    if run.best_val_accuracy is not None:
        facts.append(
            _("best validation accuracy {accuracy:.2%} (epoch {epoch})", accuracy=run.best_val_accuracy,
              epoch=run.best_epoch)
        )  # fmt: skip
    if run.parent:
        facts.append(_("from epoch {epoch} of {parent}", epoch=run.parent_epoch, parent=_parent(run.parent)))
    return " · ".join(map(errors.plain, [*facts, ago(run.created)]))


def _parent(parent: str) -> str:
    try:
        return short(lab().run(parent))
    except CNNLabError:
        return _("a run that was deleted")


def _describe(run: Run, runs: Sequence[Run]) -> None:
    key = f"describe-{run.id}"
    with st.popover(_("Name, note, tags"), icon=":material/edit:", key=key, on_change="rerun") as opened:
        if not has_been_open(opened, key):
            return
        known = dict.fromkeys([*run.tags, *sorted({tag for one in runs for tag in one.tags}, key=str.casefold)])
        name = st.text_input(_("Name"), run.name, max_chars=MAX_NAME, key=f"name-{run.id}")
        tags = st.multiselect(
            _("Tags"),
            list(known),
            list(run.tags),
            accept_new_options=True,
            max_selections=MOST_TAGS,
            placeholder=_("Choose or type a new one"),
            key=f"tags-{run.id}",
        )
        note = st.text_area(_("Note"), run.note, max_chars=MAX_NOTE, key=f"note-{run.id}")
        if st.button(_("Save"), type="primary", key=f"save-{run.id}"):
            try:
                lab().rename(run.id, name)
                lab().note(run.id, note)
                lab().tag(run.id, tags)
            except CNNLabError as error:
                errors.show(error)
                return
            redraw()


def _fork(run: Run) -> None:
    key = f"fork-{run.id}"
    moments = lab().moments(run.id)
    with st.popover(
        _("Fork"), icon=":material/call_split:", key=key, on_change="rerun", disabled=not moments
    ) as opened:
        if not moments or not has_been_open(opened, key):
            return
        st.caption(_("A new run begins with the weights of a moment of this one, and learns with other settings."))
        moment = st.selectbox(
            _("Begin with"), moments, index=len(moments) - 1, format_func=timemachine.name, key=f"moment-{run.id}"
        )
        training = forms.edit(run.training, IN_FORK, key)
        name = st.text_input(_("Name"), max_chars=MAX_NAME, placeholder=run.name, key=f"fork-name-{run.id}")
        if st.button(_("Start the fork"), type="primary", icon=":material/play_arrow:", key=f"start-fork-{run.id}"):
            try:
                begun = lab().fork(run.id, moment, training, name=name or run.name, who=session().who)
            except CNNLabError as error:
                errors.show(error)
                return
            choose([run.id, begun])
            st.rerun()


def _delete(run: Run) -> None:
    key = f"delete-{run.id}"
    with st.popover(_("Delete"), icon=":material/delete:", key=key, on_change="rerun") as opened:
        if not opened.open:
            return
        st.markdown(
            _("Delete **{name}**? It can be brought back until the Lab starts again.", name=errors.plain(run.name))
        )
        if st.button(_("Delete it"), type="primary", icon=":material/delete:", key=f"delete-it-{run.id}"):
            try:
                lab().delete(run.id)
            except CNNLabError as error:
                errors.show(error)
                return
            choose([])
            redraw()
