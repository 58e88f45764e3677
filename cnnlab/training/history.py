"""History: the state of a run, built up from its events. It reads and writes no files."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from cnnlab.training.events import (
    Answers,
    AnyEvent,
    Batch,
    Continued,
    Epoch,
    Finished,
    Paused,
    RateChanged,
    Started,
    Watch,
)


@dataclass
class History:
    """The reports of a run so far. Only `add` changes it.

    Attributes:
        started: the last start or resumption.
        epochs: one per finished epoch, in order.
        batches: reports within epochs, in order, without those of an epoch that was restarted after an interruption.
        answers: the latest predictions for the first test images.
        watches: the diagnostics, one per epoch that has them, in order.
        rates: the changes of the learning rate, in order.
        paused: where training is paused; None while it runs.
        waited: seconds of finished pauses since the last start.
    """

    started: Started | None = None
    epochs: list[Epoch] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    answers: Answers | None = None
    watches: list[Watch] = field(default_factory=list)
    rates: list[RateChanged] = field(default_factory=list)
    paused: Paused | None = None
    waited: float = 0.0
    finished: Finished | None = None

    def add(self, event: AnyEvent) -> None:
        """Add the next event."""
        match event:
            case Started():
                self.started = event
                self.finished = self.paused = None
                self.waited = 0.0
                self.rates = [rate for rate in self.rates if rate.epoch <= event.resumed_epoch]
                self.batches = [batch for batch in self.batches if batch.epoch <= event.resumed_epoch]
            case Epoch():
                self.epochs.append(event)
            case Batch():
                self.batches.append(event)
            case Answers():
                self.answers = event
            case Watch():
                self.watches.append(event)
            case RateChanged():
                self.rates.append(event)
            case Paused():
                self.paused = event
            case Continued():
                self.waited += event.at - self.paused.at if self.paused else 0.0
                self.paused = None
            case Finished():
                self.finished, self.paused = event, None

    @property
    def latest(self) -> Batch | Epoch | None:
        """Return the newest report with metrics, or None."""
        newest = [reports[-1] for reports in (self.batches, self.epochs) if reports]
        return max(newest, key=lambda report: report.at, default=None)

    def not_finite_since(self, epoch: int) -> int | None:
        """Return the first of the epochs up to `epoch` whose losses are NaN or infinite without a break; None: not so.

        A script's run (`Recorder`) reports NaN as the loss of a validation that it does not have.
        """
        validated = self.started is not None and self.started.validation_images > 0
        since = None
        for report in reversed([one for one in self.epochs if one.epoch <= epoch]):
            if math.isfinite(report.loss) and (not validated or math.isfinite(report.val_loss)):
                break
            since = report.epoch
        return since

    @property
    def epochs_done(self) -> float:
        """Return the progress in epochs, including the fraction of the current one."""
        latest = self.latest
        if isinstance(latest, Batch):
            return latest.epoch - 1 + latest.step / latest.steps
        return float(len(self.epochs))

    @property
    def share_done(self) -> float:
        """Return the progress as a fraction, 0 to 1."""
        return min(self.epochs_done / self.started.epochs, 1.0) if self.started else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Return the estimated seconds left; None before the first report.

        The first epoch of a process is slow (tracing), so the estimate uses the last finished epoch if there is one.
        """
        if not self.started or not self.latest:
            return None
        done_now = self.epochs_done - self.started.resumed_epoch
        if done_now <= 0:
            return None
        since_start = [epoch.seconds for epoch in self.epochs if epoch.epoch > self.started.resumed_epoch]
        pace = since_start[-1] if since_start else (self.latest.at - self.started.at - self.waited) / done_now
        return max(self.started.epochs - self.epochs_done, 0.0) * pace
