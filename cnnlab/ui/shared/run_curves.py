"""The curves of several runs on the same axes."""

from __future__ import annotations

from collections.abc import Sequence

from cnnlab.errors import CNNLabError
from cnnlab.figures.history import NO_BRANCH, Branch, HistoryData, Metric, history_figure
from cnnlab.lab.lab import Lab
from cnnlab.runs import builtin
from cnnlab.runs.run import Run
from cnnlab.ui.components.charts import Chart
from cnnlab.ui.text import _, translate

MAX_FORK_DEPTH = 20
"""Maximum number of forks that are followed back."""


def curves_chart(runs: Sequence[HistoryData], metric: Metric, revision: str, *, within: bool = False) -> Chart:
    """Return the curves of several runs as one chart. `within`: also the running means within epochs."""
    alt = _(
        "{metric} per epoch, training and validation, of {names}.",
        metric=_("Loss") if metric == "loss" else _("Accuracy"),
        names=", ".join(run.name for run in runs),
    )
    return Chart(history_figure(runs, metric, translate, revision, within=within), alt)


def branch(lab: Lab, run: Run) -> Branch:
    """Return where a forked run starts on the epoch axis, counting the epochs of all runs it was forked from."""
    if run.parent is None:
        return NO_BRANCH
    epochs_before, ancestor, report = 0, run, None
    for depth in range(MAX_FORK_DEPTH):
        if ancestor.parent is None:
            break
        epochs_before += ancestor.parent_epoch or 0
        if depth == 0 and ancestor.parent not in builtin.NAMES:
            epochs = lab.runs.history(ancestor.parent).epochs
            report = next((epoch for epoch in epochs if epoch.epoch == run.parent_epoch), None)
        try:
            ancestor = lab.runs.get(ancestor.parent)
        except CNNLabError:
            # The ancestor was deleted, so earlier epochs are unknown.
            break
    return Branch(epochs_before, report)
