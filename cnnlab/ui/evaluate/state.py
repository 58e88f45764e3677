"""State of the Evaluate page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class EvaluateState:
    """State of the Evaluate page.

    Attributes:
        shown: identifies the shown predictions; the selections below belong to them.
        cell: the selected cell of the confusion matrix, (label, prediction).
        image: the index of the selected image.
    """

    shown: str = ""
    cell: tuple[int, int] | None = None
    image: int | None = None

    def show(self, predictions: str) -> None:
        """Store which predictions are shown; if they changed, clear the selected cell and image."""
        if predictions != self.shown:
            self.shown, self.cell, self.image = predictions, None, None
