"""Run: what the Lab knows about one run, apart from its events."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from cnnlab import errors
from cnnlab.errors import CNNLabError, StoreError
from cnnlab.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec

State = Literal["queued", "running", "finished", "stopped", "failed", "interrupted"]

GOING: tuple[State, ...] = ("queued", "running")
"""The states that change by themselves."""

RESUMABLE: tuple[State, ...] = ("interrupted", "failed", "stopped")

MAX_NAME = 80
MAX_NOTE = 2000
MAX_TAG = 30
"""Characters."""
MOST_TAGS = 10


def nickname(who: str) -> str:
    """The name that a person gave; "" for a session without one, which is known by the twelve digits of its id."""
    return "" if re.fullmatch("[0-9a-f]{12}", who) else who


@dataclass(frozen=True)
class Run:
    """One run. Times are seconds since 1970, None before they come.

    Attributes:
        who: the person's nickname or their session's id; orders the queue.
        turn: place in the queue, smaller first.
        server: the server process that has it trained, while it is queued or running.
        error: why it failed.
        details: the traceback of an error that is not the reader's.
        parent: the run whose weights it began with, and parent_epoch: after which of its epochs.
        deleted: when it was marked as deleted.
        parameters, multiply_adds: of the network, as `shapes.summarize` counts them.
        epochs_done: whole epochs so far; seconds: what they took together.
        best_epoch: the first epoch with the highest validation accuracy, best_val_accuracy.
        test_accuracy: None while its test set is sealed or has not been asked.
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

    @property
    def going(self) -> bool:
        return self.state in GOING

    @property
    def nickname(self) -> str:
        """What the one who started it goes by; "" for a session that gave no name."""
        return nickname(self.who)

    @property
    def resumable(self) -> bool:
        return self.state in RESUMABLE


def one_line(text: str, most: int) -> str:
    """What a person typed, as it is kept: any script, on one line, at most `most` characters."""
    return " ".join(_shown(text).split())[:most].rstrip()


def several_lines(text: str, most: int) -> str:
    """The same for a text that may have lines."""
    return "\n".join(_shown(line).rstrip() for line in text.splitlines())[:most].strip()


def tag_list(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: short, each once, whatever its case, and no more than `MOST_TAGS`."""
    cut = (one_line(tag, MAX_TAG) for tag in tags)
    return tuple({tag.casefold(): tag for tag in reversed([*cut]) if tag}.values())[::-1][:MOST_TAGS]


def _shown(text: str) -> str:
    """Letters composed, as keyboards differ in that; control characters and halves of characters become spaces."""
    hidden = ("Cc", "Cs", "Zl", "Zp")
    return "".join(
        " " if unicodedata.category(letter) in hidden else letter for letter in unicodedata.normalize("NFC", text)
    )


def error_to_json(error: CNNLabError) -> str:
    """Keeps the templates, the values and the place, so that it can be shown in either language later."""
    # An error of another room is kept as the kind of error that it is here.
    kind = next(cls.__name__ for cls in type(error).__mro__ if cls.__module__ == errors.__name__)
    return json.dumps({"kind": kind, "state": error.__dict__}, default=str)


def error_from_json(text: str) -> CNNLabError:
    content = json.loads(text)
    error: CNNLabError = getattr(errors, content["kind"])("")
    error.__dict__.update(content["state"])
    return error


# A page that follows a run reads it twice a second; specs seldom change, so each text is parsed once.
_network = functools.lru_cache(maxsize=1000)(NetworkSpec.from_json)
_training = functools.lru_cache(maxsize=1000)(TrainingSpec.model_validate_json)


def from_row(values: dict[str, Any]) -> Run:
    """A run from the columns of its row."""
    values.pop("last_event")
    values["tags"] = tuple(json.loads(values["tags"]))
    values["network"] = _network(values["network"])
    values["training"] = _training(values["training"])
    values["error"] = error_from_json(values["error"]) if values["error"] else None
    return Run(**values)


def no_such_run(run: str) -> StoreError:
    """The answer to an id that no run has."""
    return StoreError(
        N_("There is no run with the id “{run}” in this Lab."),
        N_("Pick one from the list, or start a new one."),
        run=run[:40].encode(errors="replace").decode(),
    )
