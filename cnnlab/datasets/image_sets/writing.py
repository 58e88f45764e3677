"""Write the images of a set in its shape and division, from its originals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cnnlab.datasets.dataset import Dataset
from cnnlab.datasets.image_sets import editing, near_duplicates, originals, splitting, threads
from cnnlab.datasets.image_sets.editing import Contents
from cnnlab.datasets.image_sets.image_set import FORMAT, ImageSet, content_digest, placed
from cnnlab.datasets.image_sets.originals import Index, OnProgress
from cnnlab.datasets.image_sets.shaping import Shape, shaped
from cnnlab.datasets.image_sets.splitting import VALIDATION, Parts
from cnnlab.errors import DatasetError
from cnnlab.files import DAMAGED, replacing
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings

DESCRIPTION = "set.json"
ARRAYS = ("x_train", "y_train", "x_test", "y_test", "validation")
GROUPS = "groups.npy"

Images = npt.NDArray[np.uint8]


def images_file(folder: Path, described: ImageSet) -> Path:
    """Return the path of the images of a set in its shape."""
    return folder / f"images-{described.digest[:16]}.npz"


def write(
    folder: Path,
    described: ImageSet,
    index: Index,
    settings: Settings,
    room: int,
    on_progress: OnProgress | None = None,
    shaped_before: Path | None = None,
) -> ImageSet:
    """Divide and shape the originals in a folder, write them there, and return the complete description.

    Args:
        room: bytes that the images may take.
        on_progress: called with the number of images shaped and of all images.
        shaped_before: a file with images of the set that already have the shape.

    Raises:
        DatasetError: the set would be past a limit, or a class has too few images.
    """
    inside = contents(folder, described, index, settings)
    _check_size(described.shape, len(inside.images), settings, room)
    train, test = placed(inside.parts, described.shares.seed)
    dataset = _dataset(folder, index, inside, train, test, described, on_progress, shaped_before)
    complete = replace(
        described,
        class_names=inside.class_names,
        counts=splitting.counts(inside.labels, inside.parts, len(inside.class_names)),
        digest=content_digest(dataset),
        notes=tuple(splitting.notes(inside.labels, inside.groups, inside.parts, inside.class_names)),
    )
    arrays = {name: getattr(dataset, name) for name in ARRAYS}
    with replacing(images_file(folder, complete)) as unfinished:
        np.savez(unfinished, train=inside.images[train], test=inside.images[test], **arrays)
    describe(folder, complete)
    return complete


def describe(folder: Path, described: ImageSet) -> None:
    """Write the description of a set."""
    with replacing(folder / DESCRIPTION) as unfinished:
        unfinished.write_bytes(FORMAT.dump_json(described))


def contents(folder: Path, described: ImageSet, index: Index, settings: Settings) -> Contents:
    """Return what is in a set after its corrections; see `editing.contents`."""
    first, most = described.first_classes or described.class_names, settings.image_set_classes
    return editing.contents(index, _groups(folder, index), first, described.edits, described.shares, most)


def _groups(folder: Path, index: Index) -> npt.NDArray[np.int64]:
    """Return the groups of near-duplicates, which are computed once: it takes seconds for thousands of images."""
    try:
        known: npt.NDArray[np.int64] = np.load(folder / GROUPS, allow_pickle=False)
    except DAMAGED:
        known = near_duplicates.groups(index.hashes, index.thumbnails, index.sizes)
        with replacing(folder / GROUPS) as unfinished:
            np.save(unfinished, known)
    return known


def _dataset(
    folder: Path,
    index: Index,
    inside: Contents,
    train: Parts,
    test: Parts,
    described: ImageSet,
    on_progress: OnProgress | None,
    shaped_before: Path | None,
) -> Dataset:
    """Return the originals as a dataset; each is shaped right into its place, so that all are held only once."""
    x_train, x_test = (np.empty((len(part), *described.shape.input_shape), np.uint8) for part in (train, test))
    places = {int(place): (x, row) for x, part in ((x_train, train), (x_test, test)) for row, place in enumerate(part)}
    for place, pixels in enumerate(_shaped(folder, index, inside.images, described.shape, shaped_before)):
        x, row = places[place]
        x[row] = pixels
        if on_progress:
            on_progress(place + 1, len(inside.images))
    return Dataset(
        name=described.id,
        x_train=x_train,
        y_train=inside.labels[train],
        x_test=x_test,
        y_test=inside.labels[test],
        class_names=inside.class_names,
        validation=np.flatnonzero(inside.parts[train] == VALIDATION),
    )


def _shaped(
    folder: Path, index: Index, images: npt.NDArray[np.int64], shape: Shape, before: Path | None
) -> Iterator[Images]:
    """Yield the originals with these numbers in the shape of the set, in their order."""
    known = _known(before) if before else {}
    missing = [number for number in images.tolist() if number not in known]
    made = threads.in_order(partial(shaped, shape=shape), originals.read_chosen(folder, index, missing))
    for number in images.tolist():
        yield known[number] if number in known else next(made)


def _known(path: Path) -> dict[int, Images]:
    """Return number -> image of a file that `write` wrote; nothing if it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {
                number: image
                for part in ("train", "test")
                for number, image in zip(arrays[part].tolist(), arrays[f"x_{part}"], strict=True)
            }
    except DAMAGED:
        return {}


def _check_size(shape: Shape, count: int, settings: Settings, room: int) -> None:
    """Refuse a shape whose images take more memory than the limit, or more than the room on the disk."""
    size = count * int(np.prod(shape.input_shape))
    if size > settings.image_set_bytes:
        raise DatasetError(
            N_("{count:,} images of {size}×{size} pixels take {needed:,.0f} MB; the limit is {most:,.0f} MB."),
            N_("Choose a smaller size or gray images, or raise the limit: {variable}."),
            count=count,
            size=shape.size,
            needed=size / 1e6,
            most=settings.image_set_bytes / 1e6,
            variable="CNNLAB_IMAGE_SET_BYTES",
        )
    if size > room:
        raise originals.store_full(room)
