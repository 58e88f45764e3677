"""Several runs beside each other: their curves, what differs, what accuracy costs; the best within a budget."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnnlab import builtin
from cnnlab.comparing import Difference, differences
from cnnlab.comparing import leaderboard as ranked
from cnnlab.datasets import DATASETS
from cnnlab.errors import CNNLabError
from cnnlab.figures.history import FROM_NOTHING, Branch, HistoryData, Metric, history_data, history_figure
from cnnlab.figures.pareto import COSTS, Cost, pareto_data, pareto_figure
from cnnlab.figures.style import to_json
from cnnlab.lab import Lab
from cnnlab.runs.record import Run
from cnnlab.ui import errors
from cnnlab.ui.charts import Chart, live_charts
from cnnlab.ui.frame import lab
from cnnlab.ui.live import METRICS, duration
from cnnlab.ui.tables import table
from cnnlab.ui.text import _, translate

MOST_CURVES = 8
"""So many runs can be told apart."""
MOST_RANKED = 20
DEEPEST = 20
"""Forks of forks that are followed back."""


def body(runs: Sequence[Run]) -> None:
    """The comparison of two or more runs."""
    few = runs[:MOST_CURVES]
    names = ", ".join(errors.plain(run.name) for run in few)
    # The chosen rows may be out of sight in the table.
    st.markdown(_("**{count} runs beside each other**: {names}", count=len(runs), names=names))
    _fairness(runs)
    if len(few) < len(runs):
        st.caption(_("Curves and differences are of the first {count} of them.", count=len(few)))
    curves(few)
    st.markdown(_("**What differs**"))
    _differences(few)
    st.markdown(_("**What accuracy costs**"))
    _trade_off(runs)


def _fairness(runs: Sequence[Run]) -> None:
    """Say what a comparison of these runs means, where it is not of like with like."""
    data = list(dict.fromkeys(run.training.dataset for run in runs))
    if len(data) > 1:
        names = ", ".join(translate(DATASETS[name].title) for name in data)
        st.info(
            _(
                "These runs learned from different data ({names}). Each accuracy is an answer to another question: a "
                "higher one does not mean a better network. Compare how the curves run, not how high they end.",
                names=names,
            ),
            icon=":material/balance:",
        )
    elif len({_validated_on(run) for run in runs}) > 1:
        st.caption(
            _(
                "These runs were validated on different images of the same data: small differences of accuracy can "
                "come from that alone."
            )
        )


def _validated_on(run: Run) -> tuple[object, ...]:
    training = run.training
    if training.validation == "test":
        return ("test",)
    return training.train_size, training.validation_split, training.random_state


def curves(runs: Sequence[Run]) -> None:
    """Loss and accuracy of the runs on the same axes; a fork begins where it left its parent."""
    shown = [run for run in runs if run.epochs_done]
    if not shown:
        st.caption(_("No whole epoch has been trained yet."))
        return
    charts = [_curves(shown, metric) for metric in METRICS]
    live_charts(charts, key=f"runs-curves-{'-'.join(run.id for run in shown)}")
    st.caption(_("The star marks the epoch with the best validation accuracy."))


def _curves(runs: Sequence[Run], metric: Metric) -> Chart:
    data = [history_data(lab().history(run.id), metric, run.name, branch(lab(), run), run.best_epoch) for run in runs]
    chart = beside(data, metric, "-".join(run.id for run in runs), within=len(runs) == 1)
    return chart._replace(download=f"runs-{metric}")


def beside(runs: Sequence[HistoryData], metric: Metric, revision: str, *, within: bool = False) -> Chart:
    """Curves of runs on the same axes. `within`: the running means within epochs too."""
    alt = _(
        "{metric} against epochs, training and validation, of {names}.",
        metric=_("Loss") if metric == "loss" else _("Accuracy"),
        names=", ".join(run.name for run in runs),
    )
    return Chart(to_json(history_figure(runs, metric, translate, revision, within=within)), alt)


def branch(lab: Lab, run: Run) -> Branch:
    """Where the run begins on the axis of the run that its weights come from, over all forks before it."""
    if run.parent is None:
        return FROM_NOTHING
    past, ancestor, report = 0, run, None
    for depth in range(DEEPEST):
        if ancestor.parent is None:
            break
        past += ancestor.parent_epoch or 0
        if depth == 0 and ancestor.parent not in builtin.NAMES:
            epochs = lab.history(ancestor.parent).epochs
            report = next((epoch for epoch in epochs if epoch.epoch == run.parent_epoch), None)
        try:
            ancestor = lab.run(ancestor.parent)
        except CNNLabError:
            # Deleted: what was before it is not known any more.
            break
    return Branch(past, report)


def _differences(runs: Sequence[Run]) -> None:
    rows = differences(runs)
    if not rows:
        st.caption(_("Nothing: the networks and the settings are the same."))
        return
    head = (_("Field"), *(errors.plain(run.name) for run in runs))
    table(head, [(_label(row), *map(errors.plain, row.values)) for row in rows], words=len(head))


def _label(row: Difference) -> str:
    """The field of a difference in words."""
    if row.layer is None:
        return errors.plain(row.field)
    if row.added:
        return _("Added after layer {number}", number=row.layer + 1) if row.layer >= 0 else _("Added at the beginning")
    place = _("Layer {number} ({kind})", number=row.layer + 1, kind=row.kind)
    return f"{place}: {errors.plain(row.field)}" if row.field else place


def _trade_off(runs: Sequence[Run]) -> None:
    costs: list[Cost] = list(COSTS)
    cost = st.segmented_control(
        _("Against"),
        costs,
        default=costs[0],
        format_func=lambda cost: translate(COSTS[cost]),
        required=True,
        key="runs-cost",
        label_visibility="collapsed",
    )
    data = pareto_data(runs, cost or costs[0])
    if not data.groups:
        st.caption(_("No whole epoch has been trained yet."))
        return
    alt = _("Best validation accuracy against {cost}, a point a run.", cost=translate(COSTS[data.cost]))
    live_charts([Chart(to_json(pareto_figure(data, translate)), alt, download="runs-pareto")], key="runs-pareto")


def leaderboard(runs: Sequence[Run]) -> None:
    """The best runs on one dataset within a budget that the reader sets."""
    datasets = [name for name in DATASETS if any(run.training.dataset == name for run in runs)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = st.selectbox(
            _("Data"), datasets, format_func=lambda name: translate(DATASETS[name].title), key="board-data", width=260
        )
        parameters = st.number_input(
            _("Parameters at most"), 1, value=None, placeholder=_("any"), key="board-parameters", width=200
        )
        seconds = st.number_input(
            _("Seconds at most"), 1, value=None, placeholder=_("any"), key="board-seconds", width=200
        )
    found = ranked([run for run in runs if run.training.dataset == dataset], parameters, seconds)
    if not found:
        st.caption(_("No run fits into this budget."))
        return
    _fairness(found[:MOST_RANKED])
    head = "", _("Name"), _("Best validation accuracy"), _("Epoch"), _("Parameters"), _("Training"), _("Who")
    lines = [head, ("---:", "---", *["---:"] * 4, "---")]
    for place, run in enumerate(found[:MOST_RANKED], 1):
        figures = f"{run.best_val_accuracy:.2%}", str(run.best_epoch), f"{run.parameters:,}", duration(run.seconds)
        lines.append((str(place), errors.plain(run.name), *figures, errors.plain(run.nickname) or "–"))
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
    if len(found) > MOST_RANKED:
        st.caption(_("{count} more are within the budget.", count=len(found) - MOST_RANKED))
