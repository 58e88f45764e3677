"""Files that came through a browser, on their way into an image set: written to a folder of their own for a while."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from cnnlab.errors import DatasetError
from cnnlab.files import UNFINISHED, remove_abandoned
from cnnlab.i18n.marks import N_

FOLDER = "uploads"
_INSIDE = "files"
"""Named in messages about several files without a folder."""
Content = bytes | bytearray | memoryview


class Upload(NamedTuple):
    """A file: its name, with "/" between folders, and its content."""

    name: str
    content: Content


@contextmanager
def kept(home: Path, files: Sequence[Upload]) -> Iterator[Path]:
    """Write files to a folder for the length of a `with`; yield the file, if it is only one, or the folder.

    Raises:
        DatasetError: there are no files, or one has a name that leaves the folder.
        OSError: the files cannot be written.
    """
    paths = [_checked(file.name) for file in files]
    if not paths:
        raise DatasetError(N_("There are no files."), N_("Choose files first."))
    (home / FOLDER).mkdir(parents=True, exist_ok=True)
    remove_abandoned(home / FOLDER)
    folder = home / FOLDER / f"{UNFINISHED}{secrets.token_hex(4)}"
    try:
        for path, file in zip(paths, files, strict=True):
            (folder / _INSIDE / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / _INSIDE / path).write_bytes(file.content)
        yield folder / _INSIDE / _source(paths)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _source(paths: Sequence[PurePosixPath]) -> PurePosixPath:
    """Return what to read: the only file, the folder around the classes, or all."""
    if len(paths) == 1:
        return paths[0]
    deep = all(len(path.parts) > 2 for path in paths)
    tops = {path.parts[0] for path in paths}
    return PurePosixPath(tops.pop()) if deep and len(tops) == 1 else PurePosixPath()


def _checked(name: str) -> PurePosixPath:
    """Return the path of a file below a folder; DatasetError if it leads outside, since browsers send any name."""
    path = PurePosixPath(name.replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name or ":" in path.parts[0]:
        raise DatasetError(
            N_("The file “{name}” is refused: its name points outside the folder."),
            N_("Give the file another name."),
            name=name[:80],
        )
    return path
