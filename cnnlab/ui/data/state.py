"""State of the Data page."""

from __future__ import annotations

from dataclasses import dataclass

from cnnlab.training.split import PartName


@dataclass
class DataState:
    """State of the Data page.

    Attributes:
        dataset: the selected dataset.
        trained: the dataset that Start would have trained on when it was selected.
        shown: identifies the shown images; the selections below belong to them.
        image: the selected image, (split, position); pixel: its selected pixel, (row, column).
    """

    dataset: str = ""
    trained: str = ""
    shown: str = ""
    image: tuple[PartName, int] | None = None
    pixel: tuple[int, int] | None = None

    def dataset_to_show(self, trained: str) -> str:
        """Return the selected dataset, or `trained` if Start would now train on another dataset than back then."""
        return self.dataset if self.dataset and self.trained == trained else trained

    def select(self, dataset: str, trained: str) -> None:
        """Store the selected dataset."""
        self.dataset, self.trained = dataset, trained

    def show(self, images: str) -> None:
        """Store which images are shown; if they changed, clear the selected image and pixel."""
        if images != self.shown:
            self.shown, self.image, self.pixel = images, None, None
