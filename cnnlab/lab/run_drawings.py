"""The drawings that a run trains on in addition to its dataset, copied to a file when it starts."""

from __future__ import annotations

from cnnlab.errors import TrainingError
from cnnlab.i18n.marks import N_
from cnnlab.runs.drawings import Drawings
from cnnlab.training import drawings_file
from cnnlab.training.spec import TrainingSpec


def pack_drawings(drawings: Drawings, training: TrainingSpec) -> bytes:
    """Return the current drawings of the collection that `training` names as a file; empty if it names none.

    Raises:
        TrainingError: the collection is empty, or cannot be added to this dataset.
        StoreError: the Lab's folder cannot be read.
    """
    if not training.drawings:
        return b""
    drawings_file.check(training)
    images, labels = drawings.images(training.drawings)
    if not len(images):
        raise no_drawings(training.drawings)
    return drawings_file.pack(images, labels)


def no_drawings(collection: str) -> TrainingError:
    """Return the error for a collection without drawings."""
    return TrainingError(
        N_("There are no drawings in the collection “{collection}”."),
        N_("Save some drawings to it first, or choose another collection."),
        collection=collection,
    )
