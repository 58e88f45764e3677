"""Read image files from a folder on this computer, with a folder per class. Links are not followed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnnlab.datasets.image_sets.class_folders import Placed, arrange, check_arranged
from cnnlab.datasets.image_sets.source import LabeledImage, Skipped, Source, note, skipped, too_large, too_many
from cnnlab.datasets.image_sets.zip_files import file_too_large
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings
from cnnlab.vision.image_files import MAX_BYTES


@contextmanager
def opened(folder: Path, settings: Settings) -> Iterator[Source]:
    """Open a folder with a folder per class as a source.

    Raises:
        DatasetError: it is past a limit, or has fewer than two classes.
    """
    paths: list[Path] = []
    links: list[Path] = []
    for path in _files(folder):
        (links if path.is_symlink() else paths).append(path)
        if len(paths) + len(links) > settings.image_set_files:
            raise too_many(folder.name, len(paths) + len(links), settings.image_set_files)
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    arranged = arrange(named)
    class_names = check_arranged(folder.name, arranged, settings.image_set_classes)
    size = sum(named[image.path].stat().st_size for image in arranged.images)
    if size > settings.image_set_bytes:
        raise too_large(folder.name, size, settings.image_set_bytes)
    images = (_read(named[image.path], image) for image in arranged.images)
    not_followed = [Skipped(path.relative_to(folder).as_posix(), note(N_("A link; not followed."))) for path in links]
    yield Source(images, len(arranged.images), class_names, arranged.ignored, (*arranged.skipped, *not_followed))


def _files(folder: Path) -> Iterator[Path]:
    for inside, _folders, names in os.walk(folder):
        yield from (Path(inside, name) for name in names)


def _read(path: Path, image: Placed) -> LabeledImage | Skipped:
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            return skipped(image.path, file_too_large(size))
        return LabeledImage(image.path, image.label, image.part, path.read_bytes())
    except OSError as error:
        return Skipped(image.path, note(N_("The file cannot be read: {reason}."), reason=str(error)))
