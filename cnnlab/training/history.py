"""History: a run's events, folded as they come into what pages show. It reads and writes nothing."""

from __future__ import annotations

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
    """What has been reported so far. Only `add` changes it.

    Attributes:
        started: the last start or resumption.
        epochs: one for each whole epoch, in order.
        batches: within epochs, in order; those of an epoch that was begun anew after an interruption are left out.
        answers: the latest.
        watches: one for each epoch that was looked into, in order.
        rates: where the learning rate was changed, in order.
        paused: where training waits; None while it goes on.
        waited: seconds that it waited since it was started, pauses that have ended.
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
        """Take in the next event."""
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
        """The newest report with figures."""
        newest = [reports[-1] for reports in (self.batches, self.epochs) if reports]
        return max(newest, key=lambda report: report.at, default=None)

    @property
    def epochs_done(self) -> float:
        """How far training is, in epochs, with the present one in part."""
        latest = self.latest
        if isinstance(latest, Batch):
            return latest.epoch - 1 + latest.step / latest.steps
        return float(len(self.epochs))

    @property
    def share_done(self) -> float:
        """How far training is, 0 to 1."""
        return min(self.epochs_done / self.started.epochs, 1.0) if self.started else 0.0

    @property
    def seconds_left(self) -> float | None:
        """What the rest will take at the pace so far; None before the first report.

        The first epoch of a process is slow to begin with (tracing), so whole epochs after it are believed first.
        """
        if not self.started or not self.latest:
            return None
        done_now = self.epochs_done - self.started.resumed_epoch
        if done_now <= 0:
            return None
        since_start = [epoch.seconds for epoch in self.epochs if epoch.epoch > self.started.resumed_epoch]
        pace = since_start[-1] if since_start else (self.latest.at - self.started.at - self.waited) / done_now
        return max(self.started.epochs - self.epochs_done, 0.0) * pace
