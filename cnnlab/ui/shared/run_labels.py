"""Labels for runs: state, name, duration, age."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from cnnlab.figures.history import Metric
from cnnlab.i18n.marks import N_
from cnnlab.runs import builtin
from cnnlab.runs.run import Run, State
from cnnlab.ui.text import ago, translate

POLL_SECONDS = 0.5
METRICS: tuple[Metric, ...] = ("loss", "accuracy")

STATES: Mapping[State, tuple[str, str]] = {
    "queued": (N_("queued"), "gray"),
    "running": (N_("running"), "blue"),
    "finished": (N_("finished"), "green"),
    "stopped": (N_("stopped"), "orange"),
    "failed": (N_("failed"), "red"),
    "interrupted": (N_("interrupted"), "orange"),
}
"""State -> word and badge color."""


def _label(run: Run) -> str:
    """Return a run's label in lists: name, state, age, data."""
    if run.id in builtin.NAMES:
        return short(run)
    data, state = translate(run.dataset.title), translate(STATES[run.state][0])
    return f"{run.name} · {state} · {ago(run.created)} · {data}"


def names(runs: Iterable[Run]) -> dict[str, str]:
    """Return the labels of runs in a list, by id.

    Streamlit tells options apart by their labels only, so duplicates get the first digits of their ids.
    """
    labels = {run.id: _label(run) for run in runs}
    counts = Counter(labels.values())
    return {run: f"{label} · {run[:6]}" if counts[label] > 1 else label for run, label in labels.items()}


def short(run: Run) -> str:
    """Return a run's name as plain text."""
    return translate(run.name) if run.id in builtin.NAMES else run.name
