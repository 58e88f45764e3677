"""Comparison of several runs: curves, differences, and accuracy versus cost."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from pydantic import BaseModel

from cnnlab.evaluation.run_differences import Difference, differences
from cnnlab.figures.history import Metric, history_data
from cnnlab.figures.pareto import COSTS, Cost, pareto_data, pareto_figure
from cnnlab.network.layers import LAYERS
from cnnlab.runs.run import Run
from cnnlab.training.spec import TrainingSpec
from cnnlab.ui import errors
from cnnlab.ui.components import forms
from cnnlab.ui.components.charts import Chart, live_charts
from cnnlab.ui.components.table import table
from cnnlab.ui.lab import lab
from cnnlab.ui.shared import datasets
from cnnlab.ui.shared.run_curves import branch, curves_chart
from cnnlab.ui.shared.run_labels import METRICS
from cnnlab.ui.text import _, translate

MAX_CURVES = 8
"""Maximum number of runs whose curves can be told apart."""


def body(runs: Sequence[Run]) -> None:
    """Draw the comparison of two or more runs."""
    first = runs[:MAX_CURVES]
    names = ", ".join(errors.plain(run.name) for run in first)
    # Name the runs: the selected rows may be scrolled out of view.
    st.markdown(_("**Comparing {count} runs**: {names}", count=len(runs), names=names))
    comparability_note(runs)
    if len(first) < len(runs):
        st.caption(_("Curves and differences show the first {count} runs.", count=len(first)))
    curves(first)
    st.markdown(_("**Differences**"))
    _differences(first)
    st.markdown(_("**Accuracy vs. cost**"))
    _trade_off(runs)


def comparability_note(runs: Sequence[Run]) -> None:
    """Draw a note if the accuracies of these runs are not comparable."""
    elsewhere = [errors.plain(run.name) for run in runs if lab().test_sets.trained_elsewhere(run)]
    if elsewhere:
        st.caption(
            _(
                "Trained outside CNN Lab, or forked from such a run: {names}. It is not known on which images, so "
                "their validation accuracies may be higher than on new images.",
                names=", ".join(elsewhere),
            )
        )
    data = datasets.titles(run.dataset for run in runs)
    if len(data) > 1:
        names = ", ".join(map(errors.plain, data.values()))
        st.info(
            _(
                "These runs use different datasets ({names}), so their accuracies are not comparable. "
                "Compare the shapes of the curves, not where they end.",
                names=names,
            ),
            icon=":material/balance:",
        )
    elif len({_validated_on(run) for run in runs}) > 1:
        st.caption(
            _(
                "These runs were validated on different images of the same dataset, which alone can cause small "
                "differences in accuracy."
            )
        )


def _validated_on(run: Run) -> tuple[object, ...]:
    """Return a key that is equal for runs of a dataset with the same validation images."""
    training = run.training
    if training.validation == "test":
        return "test", run.dataset.digest
    return run.dataset.digest, training.train_size, training.validation_split, training.random_state


def curves(runs: Sequence[Run]) -> None:
    """Draw loss and accuracy of the runs on shared axes; a fork starts at the epoch where it left its parent."""
    shown = [run for run in runs if run.epochs_done]
    if not shown:
        st.caption(_("No epoch has finished yet."))
        return
    charts = [_curves(shown, metric) for metric in METRICS]
    live_charts(charts, key=f"runs-curves-{'-'.join(run.id for run in shown)}")
    st.caption(_("The star marks the epoch with the best validation accuracy."))


def _curves(runs: Sequence[Run], metric: Metric) -> Chart:
    data = [
        history_data(lab().runs.history(run.id), metric, run.name, branch(lab(), run), run.best_epoch) for run in runs
    ]
    chart = curves_chart(data, metric, "-".join(run.id for run in runs), within=len(runs) == 1)
    return chart._replace(download=f"runs-{metric}")


def _differences(runs: Sequence[Run]) -> None:
    rows = differences(runs)
    if not rows:
        st.caption(_("None: the networks and the settings are identical."))
        return
    head = (_("Setting"), *(errors.plain(run.name) for run in runs))
    table(head, [(_label(row), *map(errors.plain, row.values)) for row in rows], words=len(head))


def _label(row: Difference) -> str:
    """Return the label of a row: the setting, or the layer and its setting."""
    if row.layer is None:
        return _title(TrainingSpec, row.field)
    if row.added:
        return _("Added after layer {number}", number=row.layer + 1) if row.layer >= 0 else _("Added at the beginning")
    layer = _("Layer {number} ({kind})", number=row.layer + 1, kind=row.kind)
    return f"{layer}: {_title(LAYERS[row.kind], row.field)}" if row.field else layer


def _title(model: type[BaseModel], field: str) -> str:
    """Return the label of a field; those of the network have no title of their own."""
    of_network = {
        "input_shape": _("Input shape"),
        "start.run": _("Starts with the weights of (epoch)"),
        "start.taken": _("Layers with trained weights"),
        "start.frozen": _("Frozen layers"),
    }
    return of_network.get(field) or forms.title(model, field)


def _trade_off(runs: Sequence[Run]) -> None:
    costs: list[Cost] = list(COSTS)
    cost = st.segmented_control(
        _("Cost"),
        costs,
        default=costs[0],
        format_func=lambda cost: translate(COSTS[cost]),
        required=True,
        key="runs-cost",
        label_visibility="collapsed",
    )
    data = pareto_data(runs, cost or costs[0])
    if not data.groups:
        st.caption(_("No epoch has finished yet."))
        return
    alt = _("Best validation accuracy against {cost}, one point per run.", cost=translate(COSTS[data.cost]))
    live_charts([Chart(pareto_figure(data, translate), alt, download="runs-pareto")], key="runs-pareto")
