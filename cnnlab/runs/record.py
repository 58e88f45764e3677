"""Run: what the Lab knows about one run, apart from its events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from cnnlab import errors
from cnnlab.errors import CNNLabError
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec

State = Literal["queued", "running", "finished", "stopped", "failed", "interrupted"]

GOING: tuple[State, ...] = ("queued", "running")
"""The states that change by themselves."""

RESUMABLE: tuple[State, ...] = ("interrupted", "failed", "stopped")


@dataclass(frozen=True)
class Run:
    """One run. Times are seconds since 1970, None before they come.

    Attributes:
        who: the person's nickname or their session's id; orders the queue.
        turn: place in the queue, smaller first.
        server: the server process that has it trained, while it is queued or running.
        error: why it failed.
        details: the traceback of an error that is not the reader's.
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

    @property
    def going(self) -> bool:
        return self.state in GOING

    @property
    def resumable(self) -> bool:
        return self.state in RESUMABLE


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
