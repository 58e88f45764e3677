"""Read image files from a ZIP file that may come from anyone: nothing is unpacked to the disk, or past the limits."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cnnlab.datasets.image_sets import exported
from cnnlab.datasets.image_sets.class_folders import Placed, arrange, check_arranged
from cnnlab.datasets.image_sets.exported import Exported, ExportedSource
from cnnlab.datasets.image_sets.source import (
    LabeledImage,
    Skipped,
    Source,
    note,
    skipped,
    too_large,
    too_many,
    unreadable,
)
from cnnlab.errors import CNNLabError, DatasetError
from cnnlab.files import DAMAGED
from cnnlab.i18n.marks import N_
from cnnlab.settings import Settings
from cnnlab.vision.image_files import MAX_BYTES

_EXPECTED = N_("Choose a ZIP file with a folder of images for each class.")
_ENTRY_BYTES = 400
"""Bytes that the list of a ZIP file may take for each file on average; 46 and the name are usual."""
_END, _END_SIZE, _COMMENT = b"PK\x05\x06", 22, 1 << 16
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_RECORD, _RECORD_SIZE = b"PK\x06\x06", 56
_UNSTATED = 0xFFFFFFFF  # in place of a size that the record of large files states
_UTF8, _ENCRYPTED = 0x800, 0x1


@contextmanager
def opened(path: Path, settings: Settings) -> Iterator[Source]:
    """Open a ZIP file with a folder per class as a source.

    Raises:
        DatasetError: the file is damaged, hostile, encrypted, past a limit, or has fewer than two classes.
    """
    with opened_archive(path, settings.image_set_files, _EXPECTED) as archive:
        yield _source(path.name, archive, settings)


@contextmanager
def opened_archive(path: Path, most_files: int, expected: str) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP file of at most `most_files` files, whose list is read only if it is not too long.

    Raises:
        DatasetError: the file is damaged (`expected` says what to choose), or holds too many files.
    """
    with ExitStack() as opened:
        try:
            file = opened.enter_context(path.open("rb"))
            _check_list(path.name, file, most_files)
            archive = opened.enter_context(zipfile.ZipFile(file))
        except DAMAGED as error:
            raise unreadable(path.name, error, expected) from error
        yield archive


def _source(file: str, archive: zipfile.ZipFile, settings: Settings) -> Source:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    for entry in archive.infolist():
        _refuse_hostile(file, entry)
    if len(entries) > settings.image_set_files:
        raise too_many(file, len(entries), settings.image_set_files)
    if (size := sum(entry.file_size for entry in entries)) > settings.image_set_bytes:
        raise too_large(file, size, settings.image_set_bytes)
    named = {_name(entry): entry for entry in entries}
    described = exported.find(named)
    told = _told(archive, named.pop(described)) if described else None
    arranged = arrange(named)
    if told:
        arranged = arranged._replace(images=told.placed(arranged.images))
    class_names = check_arranged(file, arranged, settings.image_set_classes)
    images = (_read(archive, named[image.path], image) for image in arranged.images)
    read = images, len(arranged.images), told.ordered(class_names) if told else class_names
    return ExportedSource(*read, arranged.ignored, arranged.skipped, exported=told)


def _told(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Exported:
    """Read what an exported image set says about itself. DatasetError if it is damaged."""
    try:
        if entry.file_size > exported.MAX_BYTES:
            raise ValueError(f"{entry.file_size:,} bytes")
        return exported.read(archive.read(entry))
    except DAMAGED as error:
        raise unreadable(exported.FILE, error, _EXPECTED) from error


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, image: Placed) -> LabeledImage | Skipped:
    if entry.file_size > MAX_BYTES:
        return skipped(image.path, file_too_large(entry.file_size))
    try:
        return LabeledImage(image.path, image.label, image.part, archive.read(entry))
    except DAMAGED:
        return Skipped(image.path, note(N_("The file is damaged inside the ZIP file.")))


def file_too_large(size: int) -> CNNLabError:
    """Return the error for an image file of too many bytes."""
    return CNNLabError(
        N_("The file is {size:.1f} MB; the limit is {most:.0f} MB."), size=size / 1e6, most=MAX_BYTES / 1e6
    )


def _refuse_hostile(file: str, entry: zipfile.ZipInfo) -> None:
    """Refuse a ZIP file with an entry that leaves the folder, is a link, is encrypted, or is packed unusually."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or entry.filename[1:2] == ":":
        problem = N_("{file} is refused: its file “{entry}” points outside the folder.")
    elif stat.S_ISLNK(entry.external_attr >> 16):
        problem = N_("{file} is refused: its file “{entry}” is a link.")
    elif entry.flag_bits & _ENCRYPTED:
        raise DatasetError(
            N_("{file} is protected with a password."),
            N_("Create the ZIP file again without a password."),
            file=file,
        )
    elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        problem = N_("{file} is refused: its file “{entry}” is packed with an unusual method.")
    else:
        return
    raise DatasetError(
        problem, N_("Create the ZIP file again from the folder of images."), file=file, entry=entry.filename[:80]
    )


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry; names without the mark for UTF-8 may be UTF-8 (macOS) or Korean (Windows)."""
    name = entry.filename.replace("\\", "/")
    if not entry.flag_bits & _UTF8 and not name.isascii():
        for encoding in ("utf-8", "cp949"):
            with suppress(UnicodeError):
                return name.encode("cp437").decode(encoding)
    return name


def _check_list(file: str, content: BinaryIO, most: int) -> None:
    """Refuse a ZIP file whose list of files is too long, before Python reads the list.

    Raises:
        DatasetError: the list is too long.
        zipfile.BadZipFile: there is no list.
    """
    end = content.seek(0, 2)
    start = max(end - _END_SIZE - _COMMENT - _LOCATOR_SIZE, 0)
    content.seek(start)
    tail = content.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        raise zipfile.BadZipFile("not a ZIP file")
    count, size = struct.unpack("<HI", tail[at + 10 : at + 16])
    if at >= _LOCATOR_SIZE and tail[at - _LOCATOR_SIZE : at].startswith(_LOCATOR):
        # Versions of Python look for the record of large files in front of the locator, or where the locator points.
        (stated,) = struct.unpack("<Q", tail[at - 12 : at - 4])
        for place in (max(start + at - _LOCATOR_SIZE - _RECORD_SIZE, 0), min(stated, end)):
            content.seek(place)
            record = content.read(_RECORD_SIZE)
            if len(record) == _RECORD_SIZE and record.startswith(_RECORD):
                more, longer = struct.unpack("<QQ", record[32:48])
                count, size = max(count, more), max(size % _UNSTATED, longer)
    content.seek(0)
    if count > most or size > most * _ENTRY_BYTES:
        raise too_many(file, max(count, size // _ENTRY_BYTES), most)
