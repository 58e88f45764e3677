"""What people keep in the Lab: their drawings, in collections, to look at, to take along and to learn from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from cnnlab.errors import StoreError, TrainingError
from cnnlab.marks import N_
from cnnlab.runs.drawings import Drawing, Drawings
from cnnlab.runs.store import RunStore
from cnnlab.training import drawn
from cnnlab.training.spec import TrainingSpec


class Keeping:
    """The part of the Lab that keeps drawings. Every method can raise StoreError: the folder cannot be used."""

    store: RunStore
    kept: Drawings

    def keep_drawing(
        self, collection: str, label: int, image: np.ndarray, canvas: np.ndarray | None = None, who: str = ""
    ) -> int:
        """Keep a drawing and return its id; see `Drawings.keep`."""
        return self.kept.keep(collection, label, image, canvas, who)

    def collections(self) -> list[tuple[str, int]]:
        """Names of collections and how many drawings each has, the one that was added to last first."""
        return self.kept.collections()

    def drawings(self, collection: str) -> list[Drawing]:
        """The drawings of a collection, in the order in which they were kept."""
        return self.kept.drawings(collection)

    def canvas(self, drawing: int) -> np.ndarray | None:
        """Where it was drawn, uint8 (height, width, 4); None where that was not kept."""
        return self.kept.canvas(drawing)

    def relabel_drawing(self, drawing: int, label: int) -> None:
        """Correct the label of a drawing."""
        self.kept.relabel(drawing, label)

    def remove_drawings(self, ids: list[int]) -> None:
        """Take drawings out of their collections; `restore_drawings` brings them back, for a day."""
        self.kept.remove(ids)

    def restore_drawings(self, ids: list[int]) -> None:
        """Bring removed drawings back."""
        self.kept.restore(ids)

    def drawings_npz(self, collection: str) -> bytes:
        """A collection as an .npz file, `x` uint8 (n, 28, 28, 1) and `y` (n,); `take_in_drawings` reads it."""
        return self.kept.as_npz(collection)

    def drawings_pngs(self, collection: str) -> bytes:
        """A collection as a zip of PNG pictures."""
        return self.kept.as_pngs(collection)

    def take_in_drawings(self, content: bytes, collection: str, who: str = "") -> list[int]:
        """Add the drawings of an .npz file, and return their ids; see `Drawings.take_in`."""
        return self.kept.take_in(content, collection, who)

    def _packed_drawings(self, training: TrainingSpec) -> bytes:
        """The drawings that `training` names, as they are now, as a file; empty where it names none.

        Raises:
            TrainingError: there are none, or they cannot be added to this dataset.
        """
        if not training.drawings:
            return b""
        drawn.check(training)
        images, labels = self.kept.images(training.drawings)
        if not len(images):
            raise no_drawings(training.drawings)
        return drawn.pack(images, labels)

    @contextmanager
    def _set_aside(self, packed: bytes, run: str) -> Iterator[None]:
        """Write packed drawings to the run's folder, so that the run can be repeated; undone where what follows fails.

        Raises:
            StoreError: the folder cannot be written.
        """
        folder = self.store.folder(run)
        try:
            if packed:
                drawn.keep(folder, packed)
            yield
        except (OSError, StoreError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, StoreError):
                raise
            raise StoreError(
                N_("The Lab's folder {folder} cannot be used ({reason})."),
                N_("Free some space or mend its permissions, or set CNNLAB_HOME to a folder that can be written to."),
                folder=str(folder),
                reason=str(error),
            ) from error


def no_drawings(collection: str) -> TrainingError:
    return TrainingError(
        N_("There are no drawings in a collection called “{collection}”."),
        N_("Keep some drawings in it first, or choose another collection."),
        collection=collection,
    )
