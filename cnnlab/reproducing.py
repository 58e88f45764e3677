"""What the source of a recipe reports, held against a run: figures side by side, and the settings that differ."""

from __future__ import annotations

from dataclasses import dataclass

from cnnlab.evaluation import Evaluation
from cnnlab.marks import N_
from cnnlab.network.recipes import Reported
from cnnlab.training.history import History
from cnnlab.training.spec import TrainingSpec

WITHOUT_EFFECT = frozenset({"version", "snapshots", "save_best"})
"""Settings that change nothing of what is learned."""


@dataclass(frozen=True)
class Compared:
    """One figure: its title (marked), what was reported, and the run's own (None: not known)."""

    title: str
    reported: float
    ours: float | None
    form: str = "{:.4f}"

    def written(self, value: float | None) -> str:
        """A figure for people."""
        return "–" if value is None else self.form.format(value)

    @property
    def apart(self) -> str:
        """The difference, with its sign."""
        if self.ours is None:
            return "–"
        return self.form.replace("{:", "{:+").format(self.ours - self.reported)


def figures(reported: Reported, history: History, tested: Evaluation | None) -> list[Compared]:
    """Every figure that the source reports.

    Args:
        tested: the run's answers to the test images; None while they are sealed.
    """
    last = history.epochs[-1] if history.epochs else None
    seconds = sum(epoch.seconds for epoch in history.epochs) if last else None
    candidates = [
        (N_("Test loss"), reported.test_loss, tested.loss if tested else None, "{:.4f}"),
        (N_("Test accuracy"), reported.test_accuracy, tested.accuracy if tested else None, "{:.2%}"),
        (N_("Validation loss"), reported.val_loss, last.val_loss if last else None, "{:.4f}"),
        (N_("Validation accuracy"), reported.val_accuracy, last.val_accuracy if last else None, "{:.2%}"),
        (N_("Epochs"), reported.epochs, len(history.epochs) if last else None, "{:.0f}"),
        (N_("Seconds of training"), reported.seconds, seconds, "{:.1f}"),
    ]
    return [Compared(title, theirs, ours, form) for title, theirs, ours, form in candidates if theirs is not None]


def settings_apart(theirs: TrainingSpec, ours: TrainingSpec) -> list[tuple[str, object, object]]:
    """The settings that differ and matter, as (field, the source's, the run's)."""
    return [
        (name, getattr(theirs, name), getattr(ours, name))
        for name in type(theirs).model_fields
        if name not in WITHOUT_EFFECT and getattr(theirs, name) != getattr(ours, name)
    ]
