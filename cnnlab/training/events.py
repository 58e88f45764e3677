"""The typed events that a run reports while it trains; they are small, and there are a few per second.

An event that is reported twice (a resumed run reports its last epoch again) has the same `key`, so that a store keeps
only one. Events contain no weights.
"""

from __future__ import annotations

import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Reason = Literal["done", "early", "stopped"]


class Event(BaseModel):
    """The base of all events; `at` is in seconds since 1970."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")
    kind: str
    at: float = Field(default_factory=time.time)

    @property
    def key(self) -> str:
        """Return the key that identifies this event within its run."""
        return f"{self.kind}-{self.at}"


class EpochEvent(Event):
    """What is reported once per epoch, and again under the same key when a run resumes; `epoch`: 1 for the first."""

    epoch: int

    @property
    def key(self) -> str:
        """Return the key that identifies this event within its run."""
        return f"{self.kind}-{self.epoch}"


class Started(Event):
    """Training starts, or resumes after `resumed_epoch` epochs (0: from the start)."""

    kind: Literal["started"] = "started"
    epochs: int
    steps: int
    """Steps (batches) per epoch."""
    train_images: int
    validation_images: int
    parameters: int
    resumed_epoch: int = 0
    precision: str = "float32"
    """The precision in use, which may differ from the settings."""


class Batch(Event):
    """Keras's running means since the start of the epoch, after `step` of `steps` batches."""

    kind: Literal["batch"] = "batch"
    epoch: int
    """1 for the first."""
    step: int
    steps: int
    loss: float
    accuracy: float
    examples_per_second: float
    learning_rate: float | None = None


class Epoch(EpochEvent):
    """An epoch has finished: Keras's metrics, its duration in seconds including validation, and its learning rate."""

    kind: Literal["epoch"] = "epoch"
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float
    learning_rate: float
    examples_per_second: float
    validation_seconds: float | None = None


class Answers(EpochEvent):
    """The predicted classes of the first test images after an epoch; -1 where the network outputs NaN."""

    kind: Literal["answers"] = "answers"
    predictions: tuple[int, ...]


class LayerWatch(BaseModel):
    """One layer at the end of an epoch.

    Attributes:
        weights: mean absolute value of its weights.
        updates: mean absolute change of its weights in the last batch; 0 for a frozen layer.
        dead: share of its units (filters of a convolution) that were 0 for every inspected image (ReLU only).
        saturated: share of its outputs within 0.02 of a limit (sigmoid and tanh only).
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")
    weights: float | None = None
    updates: float | None = None
    dead: float | None = None
    saturated: float | None = None


class Watch(EpochEvent):
    """The diagnostics of an epoch; `layers` by name, in order.

    Attributes:
        confusion: [label][prediction], counts over the first `images` validation images, without those for which the
            network outputs NaN.
        processor_seconds: CPU time of the training process in the epoch, over all cores.
        memory: memory of the process in bytes.
        batch_milliseconds: wall time per batch.
        forward_milliseconds: wall time per image of the forward pass, measured by the diagnostics.
        backward_milliseconds: the remaining wall time per image (backward pass, update and overhead), at least 0.
        watching_seconds: duration of the diagnostics.
    """

    kind: Literal["watch"] = "watch"
    images: int
    confusion: tuple[tuple[int, ...], ...]
    layers: dict[str, LayerWatch]
    processor_seconds: float
    memory: int
    batch_milliseconds: float
    forward_milliseconds: float
    backward_milliseconds: float
    watching_seconds: float


class Paused(Event):
    """Training is paused, `step` batches into epoch `epoch`."""

    kind: Literal["paused"] = "paused"
    epoch: int
    step: int


class Continued(Event):
    """Training continues after a pause."""

    kind: Literal["continued"] = "continued"


class RateChanged(Event):
    """The learning rate changes; `epoch` counts finished epochs, plus the fraction of the current one."""

    kind: Literal["rate"] = "rate"
    epoch: float
    learning_rate: float
    why: Literal["person", "plateau"] = "person"


class Finished(Event):
    """Training has finished (done, early) or was stopped. `kept_epoch`: the epoch whose weights were kept."""

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
