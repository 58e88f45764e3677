"""Run: the metadata of one run, without its events."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from cnnlab import errors
from cnnlab.datasets import DATASETS, DatasetInfo, description
from cnnlab.errors import CNNLabError, StoreError
from cnnlab.i18n.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec

State = Literal["queued", "running", "finished", "stopped", "failed", "interrupted"]

ACTIVE_STATES: tuple[State, ...] = ("queued", "running")
"""The states of a run that waits or trains."""

RESUMABLE_STATES: tuple[State, ...] = ("interrupted", "failed", "stopped")

MAX_NAME = 80
MAX_NOTE = 2000
MAX_TAG = 30
"""Maximum lengths, in characters."""
MAX_TAGS = 10


def nickname(who: str) -> str:
    """Return a person's nickname; "" for a session id, which is recognized by its twelve hexadecimal digits."""
    return "" if re.fullmatch("[0-9a-f]{12}", who) else who


@dataclass(frozen=True)
class Run:
    """One run. Times are in seconds since 1970, None if not reached yet.

    Attributes:
        who: the person's nickname or session id; used to order the queue fairly.
        turn: position in the queue, smaller first.
        server: mark of the server process that owns the run while it is queued or running.
        error: why it failed.
        details: the traceback of an unexpected error.
        parent: the run whose weights it started with, and parent_epoch: after which of its epochs.
        deleted: when it was marked as deleted.
        parameters, multiply_adds: of the network, as `summarize` counts them.
        epochs_done: completed epochs; seconds: their total duration.
        best_epoch: the first epoch with the highest validation accuracy, best_val_accuracy.
        test_accuracy: None while the test set is sealed or has not been evaluated.
        image_set: the image set that it trains on, as it was when the run started; None for a built-in dataset.
    """

    id: str
    name: str
    who: str
    state: State
    network: NetworkSpec
    training: TrainingSpec
    created: float
    started: float | None
    ended: float | None
    turn: int
    server: str
    error: CNNLabError | None
    details: str
    note: str = ""
    tags: tuple[str, ...] = ()
    parent: str | None = None
    parent_epoch: int | None = None
    deleted: float | None = None
    parameters: int = 0
    multiply_adds: int = 0
    epochs_done: int = 0
    seconds: float = 0.0
    best_epoch: int | None = None
    best_val_accuracy: float | None = None
    test_accuracy: float | None = None
    image_set: DatasetInfo | None = None

    @property
    def dataset(self) -> DatasetInfo:
        """The dataset that it trains on, as it was when the run started."""
        return self.image_set or DATASETS[self.training.dataset]

    @property
    def digest(self) -> str:
        """The digest of its image set when it started; "" for a built-in dataset."""
        return (self.image_set.digest or "") if self.image_set else ""

    @property
    def active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def nickname(self) -> str:
        """Nickname of the person who started it; "" for a session without one."""
        return nickname(self.who)

    @property
    def resumable(self) -> bool:
        return self.state in RESUMABLE_STATES


def one_line(text: str, max_length: int) -> str:
    """Return user input as stored: any script, on one line, at most `max_length` characters."""
    return " ".join(_printable(text).split())[:max_length].rstrip()


def several_lines(text: str, max_length: int) -> str:
    """Return multi-line user input as stored, at most `max_length` characters."""
    return "\n".join(_printable(line).rstrip() for line in text.splitlines())[:max_length].strip()


def tag_list(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags as stored: shortened, without duplicates (ignoring case), at most `MAX_TAGS`."""
    cut = (one_line(tag, MAX_TAG) for tag in tags)
    return tuple({tag.casefold(): tag for tag in reversed([*cut]) if tag}.values())[::-1][:MAX_TAGS]


def _printable(text: str) -> str:
    """Return text in composed Unicode form, with control characters and lone surrogates replaced by spaces."""
    hidden = ("Cc", "Cs", "Zl", "Zp")
    return "".join(
        " " if unicodedata.category(letter) in hidden else letter for letter in unicodedata.normalize("NFC", text)
    )


def error_to_json(error: CNNLabError) -> str:
    """Return an error as JSON with its templates, values and location, so that it can be shown in any language."""
    # Store the nearest base class defined in `errors`; subclasses live in other packages.
    kind = next(cls.__name__ for cls in type(error).__mro__ if cls.__module__ == errors.__name__)
    return json.dumps({"kind": kind, "state": error.__dict__}, default=str)


def error_from_json(text: str) -> CNNLabError:
    """Return the error that `error_to_json` wrote."""
    content = json.loads(text)
    error: CNNLabError = getattr(errors, content["kind"])("")
    error.__dict__.update(content["state"])
    return error


# A page that follows a run reads it twice per second, and specs seldom change: cache the parsed specs.
_network = functools.lru_cache(maxsize=1000)(NetworkSpec.from_json)
_image_set = functools.lru_cache(maxsize=1000)(description.from_json)
_training = functools.lru_cache(maxsize=1000)(TrainingSpec.model_validate_json)


def new_row(run: Run) -> dict[str, Any]:
    """Return the columns of a new run's row."""
    names = ("id", "name", "who", "state", "created", "started", "turn", "server", "parent", "parent_epoch")
    row = {name: getattr(run, name) for name in (*names, "parameters", "multiply_adds")}
    texts = {"network": run.network.to_json(), "training": run.training.model_dump_json()}
    return row | texts | {"image_set": description.to_json(run.dataset)}


def from_row(values: dict[str, Any]) -> Run:
    """Return the run of a row."""
    values.pop("last_event")
    values["tags"] = tuple(json.loads(values["tags"]))
    values["network"] = _network(values["network"])
    values["training"] = _training(values["training"])
    values["image_set"] = _image_set(values["image_set"]) if values["image_set"] else None
    values["error"] = error_from_json(values["error"]) if values["error"] else None
    return Run(**values)


def no_such_run(run: str) -> StoreError:
    """Return the error for an id that no run has."""
    return StoreError(
        N_("There is no run with the id “{run}” in this Lab."),
        N_("Choose one from the list, or start a new one."),
        run=run[:40].encode(errors="replace").decode(),
    )
