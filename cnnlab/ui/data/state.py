"""State of the Data page."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnlab.datasets.image_sets.csv_files import LabelColumn
from cnnlab.datasets.image_sets.uploads import Upload
from cnnlab.training.split import PartName


@dataclass
class DataState:
    """State of the Data page.

    Attributes:
        dataset: the selected dataset.
        trained: the dataset that Start would have trained on when it was selected.
        edition: increases when another dataset is selected from outside the menu, so that the menu starts over.
        shown: identifies the shown images; the selections below belong to them.
        image: the selected image, (split, position); pixel: its selected pixel, (row, column).
        job: what is being changed about the shown image set.
        exported: the image set that was prepared as a ZIP file, its digest, and the file.
    """

    dataset: str = ""
    trained: str = ""
    edition: int = 0
    shown: str = ""
    image: tuple[PartName, int] | None = None
    pixel: tuple[int, int] | None = None
    job: str = ""
    exported: tuple[str, str, bytes] | None = None

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


@dataclass
class Class:
    """A class of a new image set.

    Attributes:
        number: tells it apart; counts from 0.
        name: its name, "" before it has one.
        photos: its images so far.
        added: number of images that were ever added.
        edition: increases with each upload, so that the field for files starts over.
    """

    number: int
    name: str = ""
    photos: list[Upload] = field(default_factory=list)
    added: int = 0
    edition: int = 0


@dataclass
class NewSetState:
    """A new image set while it is being made.

    Attributes:
        open: whether the page shows it.
        job: the job that reads it; "" before.
        edition: increases with each attempt, so that the fields for files start over.
        files: what is being read, to read it again with another label column.
        name: what it is to be called.
        classes: the classes that are put together by hand.
    """

    open: bool = False
    job: str = ""
    edition: int = 0
    files: list[Upload] = field(default_factory=list)
    name: str = ""
    label_column: LabelColumn | None = None
    classes: list[Class] = field(default_factory=lambda: [Class(0), Class(1)])

    def begin(self, job: str, files: list[Upload], name: str) -> None:
        """Store what is being read."""
        self.job, self.files, self.name = job, files, name

    def again(self) -> None:
        """Forget the last attempt; the classes stay."""
        self.job, self.files = "", []
        self.edition += 1

    def close(self) -> None:
        """Start over with nothing."""
        self.again()
        self.open, self.name, self.classes = False, "", [Class(0), Class(1)]
