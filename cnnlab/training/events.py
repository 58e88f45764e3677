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
    precision: str = "float32"
    """What is computed in, which may differ from what was asked for."""

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
    learning_rate: float | None = None

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
    validation_seconds: float | None = None

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


class LayerWatch(BaseModel):
    """One layer at the end of an epoch.

    Attributes:
        weights: the mean size (absolute value) of its weights.
        updates: the mean size of the last batch's change to them; 0 for a frozen layer.
        dead: the share of its units (of a convolution: filters) that were 0 for every image looked at (ReLU only).
        saturated: the share of its outputs that were within 0.02 of an end (sigmoid and tanh only).
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")
    weights: float | None = None
    updates: float | None = None
    dead: float | None = None
    saturated: float | None = None


class Watch(Event):
    """What a look inside found after an epoch; `layers` by name, in their order.

    Attributes:
        confusion: [truth][answer], counts over the first `images` validation images.
        processor_seconds: what the training process used in the epoch, of all cores together.
        memory: bytes that the process holds.
        batch_milliseconds: wall time a batch.
        forward_milliseconds, backward_milliseconds: wall time an image: forward from this look, backward (with the
            update, and whatever else a batch takes) the rest of training's; 0 where it cannot be told apart.
        watching_seconds: what this look cost.
    """

    kind: Literal["watch"] = "watch"
    epoch: int
    images: int
    confusion: tuple[tuple[int, ...], ...]
    layers: dict[str, LayerWatch]
    processor_seconds: float
    memory: int
    batch_milliseconds: float
    forward_milliseconds: float
    backward_milliseconds: float
    watching_seconds: float

    @property
    def key(self) -> str:
        return f"watch-{self.epoch}"


class Paused(Event):
    """Training waits, `step` batches into epoch `epoch`."""

    kind: Literal["paused"] = "paused"
    epoch: int
    step: int

    @property
    def key(self) -> str:
        return f"paused-{self.at}"


class Continued(Event):
    """Training goes on after it was paused."""

    kind: Literal["continued"] = "continued"

    @property
    def key(self) -> str:
        return f"continued-{self.at}"


class RateChanged(Event):
    """Another learning rate from `epoch` on (whole epochs done, with the present one in part)."""

    kind: Literal["rate"] = "rate"
    epoch: float
    learning_rate: float
    why: Literal["person", "plateau"] = "person"

    @property
    def key(self) -> str:
        return f"rate-{self.at}"


class Finished(Event):
    """Training has ended by itself (done, early) or was stopped. `kept_epoch`: the epoch whose weights were kept."""

    kind: Literal["finished"] = "finished"
    reason: Reason
    kept_epoch: int

    @property
    def key(self) -> str:
        return "finished"


AnyEvent = Annotated[
    Started | Batch | Epoch | Answers | Watch | Paused | Continued | RateChanged | Finished, Field(discriminator="kind")
]
_ADAPTER: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


def from_json(text: str | bytes) -> AnyEvent:
    """Read one event written by `model_dump_json`."""
    return _ADAPTER.validate_json(text)
