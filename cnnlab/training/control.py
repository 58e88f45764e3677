"""Control: the requests to a run while it trains."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """Requests to a run.

    Attributes:
        stop: stop at once and go back to the last finished epoch.
        stop_after_epoch: stop at the end of the epoch.
        pause: pause after the batch.
        batches, epochs: number of single steps of each kind requested so far during pauses; these only grow, and the
            run takes the steps that it has not taken yet.
        learning_rate: the new learning rate, from which a schedule continues; None: no change.
    """

    stop: bool = False
    stop_after_epoch: bool = False
    pause: bool = False
    batches: int = 0
    epochs: int = 0
    learning_rate: float | None = None
