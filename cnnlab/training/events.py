"""The typed events of a run: what training reports while it goes on, small and a few a second.

An event's `key` is the same when it is reported twice (a run that resumes reports its last epoch again), so that a
store can keep one. Events carry no weights.
"""

from __future__ import annotations

import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Reason = Literal["done", "early", "stopped"]


class Event(BaseModel):
    """What every event has: `at`, seconds since 1970."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")
    kind: str
    at: float = Field(default_factory=time.time)

    @property
    def key(self) -> str:
        """Names this event within its run."""
        raise TypeError(f"{type(self).__name__} has no key")


class Started(Event):
    """Training begins, or goes on after `resumed_epoch` epochs (0: from the beginning)."""

    kind: Literal["started"] = "started"
    epochs: int
    steps: int
    """Steps (batches) an epoch."""
    train_images: int
    validation_images: int
    parameters: int
    resumed_epoch: int = 0

    @property
    def key(self) -> str:
        return f"started-{self.at}"


class Batch(Event):
    """Within an epoch: Keras's running means since the epoch began, after `step` of `steps` batches."""

    kind: Literal["batch"] = "batch"
    epoch: int
    """1 for the first."""
    step: int
    steps: int
    loss: float
    accuracy: float
    examples_per_second: float

    @property
    def key(self) -> str:
        return f"batch-{self.at}"


class Epoch(Event):
    """An epoch has ended: what Keras reports, the seconds it took with its validation, and its learning rate."""

    kind: Literal["epoch"] = "epoch"
    epoch: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    learning_rate: float
    examples_per_second: float

    @property
    def key(self) -> str:
        return f"epoch-{self.epoch}"


class Answers(Event):
    """What the network says, after an epoch, to the first test images (as many as there are predictions)."""

    kind: Literal["answers"] = "answers"
    epoch: int
    predictions: tuple[int, ...]

    @property
    def key(self) -> str:
        return f"answers-{self.epoch}"


class Finished(Event):
    """Training has ended by itself (done, early) or was stopped. `kept_epoch`: the epoch whose weights were kept."""

    kind: Literal["finished"] = "finished"
    reason: Reason
    kept_epoch: int

    @property
    def key(self) -> str:
        return "finished"


AnyEvent = Annotated[Started | Batch | Epoch | Answers | Finished, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def from_json(text: str | bytes) -> AnyEvent:
    """Read one event written by `model_dump_json`."""
    return _ADAPTER.validate_json(text)
