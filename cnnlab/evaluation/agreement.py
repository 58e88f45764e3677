"""Compare what training reported with an evaluation on the same images, and say why they differ."""

from __future__ import annotations

import math
from typing import NamedTuple

from cnnlab.evaluation.metrics import Evaluation
from cnnlab.i18n.marks import N_
from cnnlab.training.events import Epoch
from cnnlab.training.history import History
from cnnlab.training.snapshots import Moment

ROUNDING = 2e-5
"""Losses that differ by less than this share (or, below 1, by less than this) are equal up to rounding in float32."""

BY_SCRIPT = N_("The script chose the images, and perhaps the loss, of its validation itself.")
IN_BFLOAT16 = N_(
    "Training computed in bfloat16, which keeps about three digits; here the same weights compute in float32."
)
UNKNOWN = N_(
    "Both belong to the same images and weights; why they differ is not known. The run may come from another computer."
)


class Difference(NamedTuple):
    """Figures that training reported and an evaluation does not confirm, with the reason (a marked text)."""

    reported: Epoch
    reason: str


def difference(found: Evaluation, history: History, moment: Moment, external: bool) -> Difference | None:
    """Return how the report of an epoch differs from an evaluation; None if they agree or there is no such report.

    Args:
        found: the evaluation of the snapshot `moment` on the run's validation images.
        external: whether an external script trained the run (`RunControl.external`).
    """
    epoch = next((epoch for epoch in history.epochs if Moment(epoch.epoch) == moment), None)
    if epoch is None or not math.isfinite(epoch.val_loss) or _agree(epoch, found):
        return None
    if external:
        return Difference(epoch, BY_SCRIPT)
    reduced = history.started is not None and history.started.precision != "float32"
    return Difference(epoch, IN_BFLOAT16 if reduced else UNKNOWN)


def _agree(epoch: Epoch, found: Evaluation) -> bool:
    """Return whether loss and accuracy are equal up to rounding; the accuracies up to less than one image."""
    same_loss = math.isclose(epoch.val_loss, found.loss, rel_tol=ROUNDING, abs_tol=ROUNDING)
    # A script may report no accuracy.
    off = abs(epoch.val_accuracy - found.accuracy) * len(found.labels)
    return same_loss and not off > 1 / 2
