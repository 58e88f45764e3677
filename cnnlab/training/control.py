"""Control: what is wanted of a run while it trains."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """What is wanted of a run.

    Attributes:
        stop: leave at once, and go back to the last whole epoch.
        stop_after_epoch: leave at the end of the epoch.
        pause: wait after the batch.
        batches, epochs: how many single steps of each kind have been asked for so far while it is paused; these only
            grow, and the run takes one step for each that it has not taken.
        learning_rate: from here on, instead of the present one; a schedule goes on from it. None: as it is.
    """

    stop: bool = False
    stop_after_epoch: bool = False
    pause: bool = False
    batches: int = 0
    epochs: int = 0
    learning_rate: float | None = None
