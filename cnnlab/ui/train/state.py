"""State of the Train page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class TrainState:
    """State of the Train page.

    Attributes:
        compared: id of the run shown for comparison.
        unfolded: whether the settings are shown although a run is followed.
    """

    compared: str | None = None
    unfolded: bool = False
