"""Compare a run with the results that the source of its recipe reports."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnnlab.evaluation.metrics import Evaluation
from cnnlab.i18n.marks import N_
from cnnlab.training.history import History
from cnnlab.training.recipes import Reported
from cnnlab.training.spec import TrainingSpec

IGNORED_SETTINGS = frozenset({"version", "snapshots", "save_best"})
"""Settings that do not affect what is learned."""


@dataclass(frozen=True)
class ReportedFigure:
    """One figure: its title (marked for translation), the reported value, and the run's value (None, NaN: unknown)."""

    title: str
    reported: float
    actual: float | None
    template: str = "{:.4f}"

    def formatted(self, value: float | None) -> str:
        """Return a value as text."""
        return "–" if value is None or math.isnan(value) else self.template.format(value)

    @property
    def difference(self) -> str:
        """The difference between run and source as text, with its sign."""
        if self.actual is None or math.isnan(self.actual):
            return "–"
        return self.template.replace("{:", "{:+").format(self.actual - self.reported)


def compare_figures(reported: Reported, history: History, tested: Evaluation | None) -> list[ReportedFigure]:
    """Compare every figure that the source reports with the run.

    Args:
        tested: the run's evaluation on the test images; None while they are sealed.
    """
    last = history.epochs[-1] if history.epochs else None
    seconds = sum(epoch.seconds for epoch in history.epochs) if last else None
    candidates = [
        (N_("Test loss"), reported.test_loss, tested.loss if tested else None, "{:.4f}"),
        (N_("Test accuracy"), reported.test_accuracy, tested.accuracy if tested else None, "{:.2%}"),
        (N_("Validation loss"), reported.val_loss, last.val_loss if last else None, "{:.4f}"),
        (N_("Validation accuracy"), reported.val_accuracy, last.val_accuracy if last else None, "{:.2%}"),
        (N_("Epochs"), reported.epochs, len(history.epochs) if last else None, "{:.0f}"),
        (N_("Training time (s)"), reported.seconds, seconds, "{:.1f}"),
    ]
    return [
        ReportedFigure(title, expected, actual, template)
        for title, expected, actual, template in candidates
        if expected is not None
    ]


def changed_settings(expected: TrainingSpec, actual: TrainingSpec) -> list[tuple[str, object, object]]:
    """Return the settings that differ and matter, as (field, the source's value, the run's value)."""
    return [
        (name, getattr(expected, name), getattr(actual, name))
        for name in type(expected).model_fields
        if name not in IGNORED_SETTINGS and getattr(expected, name) != getattr(actual, name)
    ]
