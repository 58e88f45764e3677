"""Details of one run: its curves, links to other pages, and controls to describe, export, fork or delete it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from cnnlab.errors import CNNLabError
from cnnlab.runs.run import MAX_NAME, MAX_NOTE, MAX_TAGS, Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui import errors
from cnnlab.ui.components import forms
from cnnlab.ui.components.fragments import pressed, redraw, when_open
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import PAGES, go
from cnnlab.ui.runs import comparison, export
from cnnlab.ui.session import session
from cnnlab.ui.shared import moment_picker, run_controls
from cnnlab.ui.shared.dataset_note import dataset_note
from cnnlab.ui.shared.origin_note import origin_note
from cnnlab.ui.shared.run_labels import STATES, short
from cnnlab.ui.text import _, ago, duration, n_, translate

FORK_SETTINGS = ("epochs", "learning_rate", "batch_size", "optimizer", "schedule", "momentum", "weight_decay", "seed")
"""Settings that a fork can change. The split is fixed: the weights have already seen the training images."""


def select(ids: Iterable[str]) -> None:
    """Put the selected runs into the link."""
    text = ",".join(ids)
    if text == st.query_params.get("runs", ""):
        return
    if text:
        st.query_params["runs"] = text
    else:
        del st.query_params["runs"]


def body(run: Run, runs: Sequence[Run]) -> None:
    """Draw the run and its controls; `runs` are all runs, whose tags are suggested."""
    label, color = STATES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(errors.plain(run.name), anchor=False, width="content")
        st.badge(translate(label), color=color)  # type: ignore[arg-type]
        for tag in run.tags:
            st.badge(errors.plain(tag), color="gray")
        st.caption(_facts(run), width="content")
    origin_note(run)
    dataset_note(run)
    if run.note:
        st.markdown(errors.plain(run.note).replace("\n", "  \n"))
    with st.container(horizontal=True):
        for page, title in (
            ("train", _("Open in Train")),
            ("filters", _("View filters")),
            ("maps", _("View feature maps")),
            ("evaluate", _("Evaluate")),
        ):
            if st.button(title, icon=PAGES[page].icon, key=f"to-{page}-{run.id}"):
                session().run, session().builtin_run = run.id, None
                go(page, **({"run": run.id} if page == "train" else {}))
        _popovers(run, runs)
    if run.error:
        errors.show(run.error)
    comparison.curves([run])


def _popovers(run: Run, runs: Sequence[Run]) -> None:
    describe, fork = f"describe-{run.id}", f"fork-{run.id}"
    when_open(
        st.popover, _("Name, note, tags"), describe, lambda: _describe(run, runs), form=describe, icon=":material/edit:"
    )
    export.export_menu(run)
    if run.active:
        return
    if run.epochs_done:
        run_controls.more_epochs(run)
    moments = lab().snapshots.of(run.id)
    when_open(
        st.popover, _("Fork"), fork, lambda: _fork(run, moments), form=fork, icon=":material/call_split:",
        disabled=not moments,
    )  # fmt: skip
    when_open(st.popover, _("Delete"), f"delete-{run.id}", lambda: _delete(run), icon=":material/delete:")


def _facts(run: Run) -> str:
    facts = [
        errors.plain(translate(run.dataset.title)),
        n_("{count:,} parameter", "{count:,} parameters", count=run.parameters),
    ]
    if run.epochs_done:
        facts.append(
            n_(
                "{count} epoch in {duration}",
                "{count} epochs in {duration}",
                count=run.epochs_done,
                duration=duration(run.seconds),
            )
        )
    if run.best_val_accuracy is not None:
        facts.append(
            _("best validation accuracy {accuracy:.2%} (epoch {epoch})", accuracy=run.best_val_accuracy,
              epoch=run.best_epoch)
        )  # fmt: skip
    if run.parent:
        facts.append(_("forked from epoch {epoch} of {parent}", epoch=run.parent_epoch, parent=_parent(run.parent)))
    if start := run.network.start:
        facts.append(
            n_(
                "{count} layer from epoch {epoch} of {source}, {frozen} frozen",
                "{count} layers from epoch {epoch} of {source}, {frozen} frozen",
                count=start.taken,
                epoch=start.epoch,
                source=_parent(start.run, _("a run that is not here")),
                frozen=start.frozen,
            )
        )
    return " · ".join(map(errors.plain, [*facts, ago(run.created)]))


def _parent(parent: str, otherwise: str = "") -> str:
    try:
        return short(lab().runs.get(parent))
    except CNNLabError:
        return otherwise or _("a deleted run")


def _describe(run: Run, runs: Sequence[Run]) -> None:
    suggested = dict.fromkeys([*run.tags, *sorted({tag for one in runs for tag in one.tags}, key=str.casefold)])
    # A form, because the rerun of one field would clear what is being typed into the next.
    with st.form(f"describe-form-{run.id}", border=False):
        name = st.text_input(_("Name"), run.name, max_chars=MAX_NAME, key=f"name-{run.id}")
        tags = st.multiselect(
            _("Tags"),
            list(suggested),
            list(run.tags),
            accept_new_options=True,
            max_selections=MAX_TAGS,
            placeholder=_("Choose or type a new tag"),
            key=f"tags-{run.id}",
        )
        note = st.text_area(_("Note"), run.note, max_chars=MAX_NOTE, key=f"note-{run.id}")
        saved = st.form_submit_button(_("Save"), type="primary", key=f"save-{run.id}")
    if saved:
        with errors.shown():
            lab().annotations.rename(run.id, name)
            lab().annotations.note(run.id, note)
            lab().annotations.tag(run.id, tags)
            redraw()


def _fork(run: Run, moments: Sequence[Moment]) -> None:
    if not moments:
        return
    st.caption(_("Start a new run from a snapshot of this one, with different settings."))
    moment = st.selectbox(
        _("Start from snapshot"),
        moments,
        index=len(moments) - 1,
        format_func=moment_picker.name,
        key=f"moment-{run.id}",
    )
    training = forms.edit(run.training, FORK_SETTINGS, f"fork-{run.id}")
    name = st.text_input(_("Name"), max_chars=MAX_NAME, placeholder=run.name, key=f"fork-name-{run.id}")
    if pressed(st.button, _("Start fork"), type="primary", icon=":material/play_arrow:", key=f"start-fork-{run.id}"):
        with errors.shown():
            fork = lab().runs.fork(run.id, moment, training, name=name or run.name, who=session().who)
            select([run.id, fork])
            st.rerun()


def _delete(run: Run) -> None:
    st.markdown(_("Delete **{name}**? You can restore it until the Lab restarts.", name=errors.plain(run.name)))
    if st.button(_("Delete run"), type="primary", icon=":material/delete:", key=f"delete-it-{run.id}"):
        with errors.shown():
            lab().annotations.delete(run.id)
            select([])
            redraw()
