"""The Runs page: a filtered table of runs, and below it the details of the selected run or a comparison of several.

The link names the selected runs (`?runs=`), so that a reload or a second tab shows the same.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st
from pyarrow.json import ParseOptions, read_json  # type: ignore[import-untyped]

from cnnlab.i18n.marks import Translate
from cnnlab.runs.run import Run
from cnnlab.ui import errors
from cnnlab.ui.components.fragments import redraw, watch, when_open
from cnnlab.ui.lab import lab
from cnnlab.ui.pages import go
from cnnlab.ui.runs import comparison, import_, leaderboard, run_details
from cnnlab.ui.shared import datasets
from cnnlab.ui.shared.run_labels import STATES
from cnnlab.ui.text import _, translate

FOLLOW_SECONDS = 2.0
"""Interval at which the page is redrawn while runs are active."""
POLL_SECONDS = 3.0
"""Interval between checks for runs that were started elsewhere."""
MAX_VISIBLE_ROWS = 12
ROW_PX = 35

SCHEMA = pa.schema(
    {
        "name": pa.string(),
        "network": pa.string(),
        "data": pa.string(),
        "parameters": pa.int64(),
        "epochs": pa.int64(),
        "validation": pa.float64(),
        "test": pa.float64(),
        "seconds": pa.float64(),
        "state": pa.string(),
        "who": pa.string(),
        "when": pa.timestamp("ms"),
        "note": pa.string(),
        "tags": pa.list_(pa.string()),
    }
)
"""The table's columns, see `row` and `_columns`."""


def follow() -> None:
    """Draw the page as a fragment that is redrawn while runs are active, and when a run starts elsewhere."""
    active = _active()
    watch(_body, _active, active, FOLLOW_SECONDS if active else None)
    if not active:
        # A script or another reader can start a run. Checking for that is cheaper than redrawing the table.
        watch(None, _active, active, POLL_SECONDS)


def _active() -> set[str]:
    """Return the ids of the active runs."""
    return {run.id for run in lab().runs.active()}


def _body() -> None:
    runs = lab().runs.all()
    _deleted()
    if not runs:
        st.info(_("No runs yet. Train a network and it will appear here."))
        import_.import_panel()
        if st.button(_("Train"), icon=":material/play_circle:", key="runs-train"):
            go("train")
        return
    shown = _filtered(runs)
    selected = _table(shown)
    if len(selected) == 1:
        run_details.body(selected[0], runs)
    elif selected:
        comparison.body(selected)
    else:
        st.caption(_("Select one row to manage that run, or several to compare them."))
    when_open(
        st.expander, _("Leaderboard"), "runs-leaderboard", lambda: leaderboard.leaderboard(runs),
        icon=":material/leaderboard:",
    )  # fmt: skip
    import_.import_panel()


def _deleted() -> None:
    """Draw the deleted runs, which can be restored."""
    deleted = lab().annotations.deleted()
    if not deleted:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("Deleted: {name}", name=errors.plain(deleted[0].name)), width="content")
        _restore(deleted[0], _("Undo"))
        label = _("Recently deleted ({count})", count=len(deleted))
        when_open(
            st.popover, label, "runs-deleted", lambda: _all_deleted(deleted), icon=":material/delete:", type="tertiary"
        )


def _all_deleted(deleted: Sequence[Run]) -> None:
    """Draw all deleted runs except the first, which is shown outside, and the button that deletes them permanently."""
    for run in deleted[1 : 1 + MAX_VISIBLE_ROWS]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(errors.plain(run.name), width="stretch")
            _restore(run, _("Restore"))
    st.caption(_("Deleted runs and their weights are removed permanently when the Lab restarts."))
    if st.button(_("Delete permanently"), icon=":material/delete_forever:", key="runs-purge"):
        lab().annotations.purge(*(run.id for run in deleted))
        redraw()


def _restore(run: Run, label: str) -> None:
    if st.button(label, icon=":material/undo:", type="tertiary", key=f"undelete-{run.id}"):
        with errors.shown():
            lab().annotations.undelete(run.id)
            redraw()


def _filtered(runs: Sequence[Run]) -> list[Run]:
    """Draw the filters and return the runs that match them."""
    tags = sorted({tag for run in runs for tag in run.tags}, key=str.casefold)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            _("Search"), key="runs-text", placeholder=_("name, network, note, tag or nickname"), width=280
        )  # fmt: skip
        common: dict[str, Any] = {"placeholder": _("any"), "width": 220}
        states = {name: translate(label) for name, (label, _color) in STATES.items()}
        titles = datasets.titles(run.dataset for run in runs)
        state = st.multiselect(_("State"), list(states), format_func=states.__getitem__, key="runs-state", **common)
        dataset = st.multiselect(_("Data"), list(titles), format_func=titles.__getitem__, key="runs-data", **common)
        tag = st.multiselect(_("Tags"), tags, key="runs-tags", **common) if tags else []
    words = text.casefold().split()
    return [
        run
        for run in runs
        if (not state or run.state in state)
        and (not dataset or run.training.dataset in dataset)
        and set(tag) <= set(run.tags)
        and (all(word in _searchable(run) for word in words) or words == [run.id])
    ]


def _searchable(run: Run) -> str:
    """Return the text that the search looks through."""
    return "\n".join((run.name, run.network.name, run.note, *run.tags, run.nickname)).casefold()


def _table(runs: Sequence[Run]) -> list[Run]:
    """Draw the table and return the selected runs."""
    if not runs:
        st.info(_("No runs match. Try removing a filter."))
        return []
    ids = [run.id for run in runs]
    # st.dataframe selects rows by position, so a different set of runs gets a new key and re-applies the selection.
    key = f"runs-{hashlib.sha1(' '.join(ids).encode()).hexdigest()[:12]}"
    preselected = [run.id for run in linked(runs)]
    zone = _zone()
    event = st.dataframe(
        _arrow([row(run, translate, zone) for run in runs]),
        key=key,
        lazy=False,
        hide_index=True,
        height=(min(len(runs), MAX_VISIBLE_ROWS) + 1) * ROW_PX + 3,
        column_config=_columns(),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(run) for run in preselected]}},
        placeholder="–",
        alt=_("The runs, one per row."),
    )
    selected = [runs[row] for row in event.selection.rows if row < len(runs)]
    run_details.select(run.id for run in selected)
    return selected


def _arrow(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return the rows as the Arrow table that Streamlit sends.

    Streamlit and pyarrow would convert Python objects with pandas, which nothing else in the server needs: its import
    takes most of a second, and memory. Reading JSON does without it.
    """
    lines = "\n".join(json.dumps(row, default=lambda time: time.isoformat(timespec="milliseconds")) for row in rows)
    return read_json(io.BytesIO(lines.encode()), parse_options=ParseOptions(explicit_schema=SCHEMA))


def linked(runs: Sequence[Run]) -> list[Run]:
    """Return the runs that the link names and that are in the table; show an error for one that does not exist."""
    ids = [run for run in dict.fromkeys(st.query_params.get("runs", "").split(",")) if run]
    found = {run.id: run for run in runs}
    with errors.shown():
        for run in ids:
            if run not in found:
                lab().runs.get(run)
    return [found[run] for run in ids if run in found]


def row(run: Run, translate: Translate, zone: tzinfo) -> dict[str, Any]:
    """Return the table row of a run; see `_columns`. Times are in the time zone `zone`."""
    return {
        "name": run.name,
        "network": run.network.name,
        "data": translate(run.dataset.title),
        "parameters": run.parameters,
        "epochs": run.epochs_done,
        "validation": run.best_val_accuracy,
        "test": run.test_accuracy,
        "seconds": run.seconds,
        "state": translate(STATES[run.state][0]),
        "who": run.nickname,
        "when": datetime.fromtimestamp(run.created, zone).replace(tzinfo=None),
        "note": run.note,
        "tags": list(run.tags),
    }


def _zone() -> tzinfo:
    """Return the reader's time zone, as reported by the browser."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, OSError):
        # A browser can report anything.
        return UTC


def _columns() -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "name": text(_("Name"), width="medium", pinned=True),
        "network": text(_("Network")),
        "data": text(_("Data")),
        "parameters": number(_("Parameters"), format="localized"),
        "epochs": number(_("Epochs")),
        "validation": number(_("Validation accuracy"), format="percent", help=_("Of the best epoch so far.")),
        "test": number(
            _("Test accuracy"),
            format="percent",
            help=_("Available once the test set has been opened on Evaluate."),
        ),
        "seconds": number(_("Training time (s)"), format="%.1f", help=_("Total over all epochs.")),
        "state": text(_("State")),
        "who": text(_("Nickname")),
        "when": st.column_config.DatetimeColumn(_("Created"), format="YYYY-MM-DD HH:mm"),
        "note": text(_("Note")),
        "tags": st.column_config.ListColumn(_("Tags")),
    }
