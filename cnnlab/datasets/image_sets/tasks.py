"""What a process can be asked to do with an image set, and what it says meanwhile: lines of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TextIO

from pydantic import TypeAdapter

from cnnlab.datasets.image_sets.csv_files import LabelColumn, LabelColumnUnclearError
from cnnlab.datasets.image_sets.image_set import ImageSet
from cnnlab.datasets.image_sets.originals import OnProgress
from cnnlab.datasets.image_sets.shaping import Shape
from cnnlab.datasets.image_sets.splitting import Shares, TooAlikeError
from cnnlab.datasets.image_sets.store import ImageSets
from cnnlab.errors import CNNLabError, DatasetError, StoreError

REPORT_SECONDS = 0.1
"""Least time between two reports of progress."""
ERRORS: Mapping[str, type[CNNLabError]] = MappingProxyType(
    {kind.__name__: kind for kind in (LabelColumnUnclearError, TooAlikeError, DatasetError, StoreError, CNNLabError)}
)


@dataclass(frozen=True)
class Task:
    """What to do with an image set; `create` and its brothers in `ImageSets` say what the values mean.

    Attributes:
        kind: a method of `ImageSets`.
        id: the image set.
    """

    kind: Literal["create", "change", "edit", "undo"]
    id: str
    source: str = ""
    name: str = ""
    label_column: LabelColumn | None = None
    shape: Shape | None = None
    shares: Shares | None = None
    images: tuple[int, ...] = ()
    label: str | None = None


_FORMAT = TypeAdapter(Task)


def write(task: Task) -> str:
    """Return a task as one line of JSON."""
    return _FORMAT.dump_json(task).decode() + "\n"


def read(line: str) -> Task:
    """Return the task of a line that `write` returned."""
    return _FORMAT.validate_json(line)


def run(task: Task, sets: ImageSets, on_progress: OnProgress) -> ImageSet:
    """Do what is asked. Raises what the method of `ImageSets` raises."""
    match task.kind:
        case "create":
            return sets.create(
                task.source, task.name, task.shape, task.shares, task.label_column, on_progress, id=task.id
            )
        case "change":
            return sets.change(task.id, task.shape, task.shares, on_progress)
        case "edit":
            return sets.edit(task.id, task.images, task.label, on_progress)
    return sets.undo(task.id, on_progress)


class Reporter:
    """Writes what happens as lines of JSON, progress not too often."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._last = 0.0

    def progress(self, done: int, count: int) -> None:
        """Report that `done` of `count` images are done."""
        if time.monotonic() - self._last >= REPORT_SECONDS or done == count:
            self._last = time.monotonic()
            self._say(done=done, count=count)

    def finished(self, made: ImageSet) -> None:
        """Report that the task is done."""
        self._say(made=made.id)

    def failed(self, error: CNNLabError) -> None:
        """Report why the task could not be done."""
        kind = next(name for name, known in ERRORS.items() if isinstance(error, known))
        self._say(error=kind, problem=error.problem, remedy=error.remedy, values=error.values)

    def _say(self, **values: Any) -> None:
        print(json.dumps(values, default=str), file=self._file, flush=True)


def error_of(said: Mapping[str, Any]) -> CNNLabError:
    """Return the error that `Reporter.failed` reported."""
    return ERRORS[said["error"]](said["problem"], said["remedy"], **said["values"])
