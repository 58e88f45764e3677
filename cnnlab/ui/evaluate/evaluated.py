"""The data that Evaluate's tabs share: one network's predictions for a set of images."""

from __future__ import annotations

from dataclasses import dataclass

from cnnlab.evaluation.metrics import Evaluation
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui.text import translate


@dataclass(frozen=True, eq=False)
class EvaluatedRun:
    """The evaluation of one snapshot of a run.

    Attributes:
        which: names the evaluated images, see `evaluation._images`.
        written: when the weights were saved, since a snapshot can be overwritten by training again.
    """

    run: Run
    moment: Moment
    which: str
    written: int
    found: Evaluation

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the reader's language."""
        return tuple(translate(name) for name in self.run.dataset.class_names)
