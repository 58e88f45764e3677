"""Runs: the table with its filters, and below it what is chosen: one run to look after, or several to compare.

The chosen runs are named in the link (`?runs=`), so that a reload or a second tab shows the same.
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

from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.marks import Translate
from cnnlab.runs.record import Run
from cnnlab.ui import comparison, errors, onerun, takeaway
from cnnlab.ui.frame import lab
from cnnlab.ui.live import STATES
from cnnlab.ui.state import redraw
from cnnlab.ui.text import _, translate

FOLLOW_SECONDS = 2.0
LOOK_SECONDS = 3.0
"""How often it is looked for runs that begin elsewhere."""
TALLEST = 12
"""Rows in sight; of more, the table scrolls."""
ROW = 35
"""Pixels."""

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
    """Draw the page as a fragment; while runs are going it is drawn anew by itself, and when one begins elsewhere."""
    going = {run.id for run in lab().going()}

    def watch() -> None:
        if {run.id for run in lab().going()} != going:
            # The timers belong to the fragments as they were begun: a whole rerun begins them anew.
            st.rerun()

    def watched() -> None:
        watch()
        _body()

    st.fragment(watched, run_every=FOLLOW_SECONDS if going else None)()
    if not going:
        # Only looked for, since to draw the table costs more: a script of somebody's own, or another reader's run.
        st.fragment(watch, run_every=LOOK_SECONDS)()


def _body() -> None:
    runs = lab().runs()
    _deleted()
    if not runs:
        st.info(_("No runs yet. Train a network, and it will stand here."))
        takeaway.bring_in()
        if st.button(_("Train"), icon=":material/play_circle:", key="runs-train"):
            st.switch_page("pages/train.py")
        return
    shown = _filtered(runs)
    chosen = _table(shown)
    if len(chosen) == 1:
        onerun.body(chosen[0], runs)
    elif chosen:
        comparison.body(chosen)
    else:
        st.caption(_("Tick one row to look after that run, or several to compare them."))
    with st.expander(
        _("Leaderboard"), icon=":material/leaderboard:", key="runs-leaderboard", on_change="rerun"
    ) as board:
        if board.open:
            comparison.leaderboard(runs)
    takeaway.bring_in()


def _deleted() -> None:
    """The runs that can be brought back."""
    gone = lab().deleted()
    if not gone:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("Deleted: {name}", name=errors.plain(gone[0].name)), width="content")
        _bring_back(gone[0], _("Undo"))
        label = _("All that was deleted ({count})", count=len(gone))
        with st.popover(
            label, icon=":material/delete:", type="tertiary", key="runs-deleted", on_change="rerun"
        ) as opened:
            if opened.open:
                for run in gone[1 : 1 + TALLEST]:
                    with st.container(horizontal=True, vertical_alignment="center"):
                        st.markdown(errors.plain(run.name), width="stretch")
                        _bring_back(run, _("Bring back"))
                st.caption(_("They go for good, with their weights, when the Lab starts again."))
                if st.button(_("Remove them now"), icon=":material/delete_forever:", key="runs-purge"):
                    lab().purge(*(run.id for run in gone))
                    redraw()


def _bring_back(run: Run, label: str) -> None:
    if st.button(label, icon=":material/undo:", type="tertiary", key=f"undelete-{run.id}"):
        try:
            lab().undelete(run.id)
        except CNNLabError as error:
            errors.show(error)
            return
        redraw()


def _filtered(runs: Sequence[Run]) -> list[Run]:
    """The runs that the reader looks for."""
    datasets = [name for name in DATASETS if any(run.training.dataset == name for run in runs)]
    tags = sorted({tag for run in runs for tag in run.tags}, key=str.casefold)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            _("Search"), key="runs-text", placeholder=_("in name, network, note, tags, who"), width=280
        )  # fmt: skip
        common: dict[str, Any] = {"placeholder": _("any"), "width": 220}
        states, titles = (
            {s: translate(STATES[s][0]) for s in STATES},
            {d: translate(DATASETS[d].title) for d in datasets},
        )
        state = st.multiselect(_("State"), list(states), format_func=states.__getitem__, key="runs-state", **common)
        dataset = st.multiselect(_("Data"), datasets, format_func=titles.__getitem__, key="runs-data", **common)
        tag = st.multiselect(_("Tags"), tags, key="runs-tags", **common) if tags else []
    words = text.casefold().split()
    return [
        run
        for run in runs
        if (not state or run.state in state)
        and (not dataset or run.training.dataset in dataset)
        and set(tag) <= set(run.tags)
        and (all(word in _searched(run) for word in words) or words == [run.id])
    ]


def _searched(run: Run) -> str:
    return "\n".join((run.name, run.network.name, run.note, *run.tags, run.nickname)).casefold()


def _table(runs: Sequence[Run]) -> list[Run]:
    """The table; returns the runs that are chosen in it."""
    if not runs:
        st.info(_("No run is like that. Take something out of the search."))
        return []
    ids = [run.id for run in runs]
    # Rows are known by their place: where the runs in sight are others, the table begins anew with what is chosen.
    key = f"runs-{hashlib.sha1(' '.join(ids).encode()).hexdigest()[:12]}"
    wanted = [run.id for run in linked(runs)]
    zone = _zone()
    event = st.dataframe(
        _arrow([row(run, translate, zone) for run in runs]),
        key=key,
        lazy=False,
        hide_index=True,
        height=(min(len(runs), TALLEST) + 1) * ROW + 3,
        column_config=_columns(),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(run) for run in wanted]}},
        placeholder="–",
        alt=_("The runs, a row each."),
    )
    chosen = [runs[row] for row in event.selection.rows if row < len(runs)]
    onerun.choose(run.id for run in chosen)
    return chosen


def _arrow(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """The rows as Streamlit sends them. It would bring a list into this form with pandas, as would pyarrow's own
    functions for Python objects: an import of most of a second, and of memory that nothing else in the server needs."""
    lines = "\n".join(json.dumps(row, default=lambda moment: moment.isoformat(timespec="milliseconds")) for row in rows)
    return read_json(io.BytesIO(lines.encode()), parse_options=ParseOptions(explicit_schema=SCHEMA))


def linked(runs: Sequence[Run]) -> list[Run]:
    """The runs that the link names, as far as they are in sight; one that is not there is said."""
    asked = [known for known in dict.fromkeys(st.query_params.get("runs", "").split(",")) if known]
    found = {run.id: run for run in runs}
    for known in asked:
        if known not in found:
            try:
                lab().run(known)
            except CNNLabError as error:
                errors.show(error)
                break
    return [found[known] for known in asked if known in found]


def row(run: Run, translate: Translate, zone: tzinfo) -> dict[str, Any]:
    """What the table shows of a run; see `_columns`. Times are those of `zone`."""
    return {
        "name": run.name,
        "network": run.network.name,
        "data": translate(DATASETS[run.training.dataset].title),
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
    """The reader's time zone, as the browser tells it."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ValueError, OSError):
        # A browser can tell anything.
        return UTC


def _columns() -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "name": text(_("Name"), width="medium", pinned=True),
        "network": text(_("Network")),
        "data": text(_("Data")),
        "parameters": number(_("Parameters"), format="localized"),
        "epochs": number(_("Epochs")),
        "validation": number(_("Validation accuracy"), format="percent", help=_("Of the best epoch.")),
        "test": number(
            _("Test accuracy"),
            format="percent",
            help=_("Known once somebody has looked at the test images on Evaluate."),
        ),
        "seconds": number(_("Seconds"), format="%.1f", help=_("All epochs together.")),
        "state": text(_("State")),
        "who": text(_("Who")),
        "when": st.column_config.DatetimeColumn(_("When"), format="YYYY-MM-DD HH:mm"),
        "note": text(_("Note")),
        "tags": st.column_config.ListColumn(_("Tags")),
    }
