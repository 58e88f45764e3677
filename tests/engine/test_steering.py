"""Pausing, stepping and changing a run over the real engine; a worker killed meanwhile, and one that does not obey."""

from __future__ import annotations

import os
import signal

import pytest

from cnnlab.errors import TrainingError
from cnnlab.lab.lab import Lab
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.events import Batch, Continued, Epoch, Paused, RateChanged, Started
from cnnlab.training.spec import TrainingSpec
from tests.engine import remote
from tests.engine.conftest import epochs, in_workers, until_epoch
from tests.waiting import ended, wait_until


def paused(lab: Lab, run: str, times: int = 1) -> Paused:
    """Where the run waits, once it has waited so often."""

    def waits() -> list[Paused]:
        found = [event for _, event in lab.runs.events(run) if isinstance(event, Paused)]
        return found[-1:] if len(found) >= times else []

    return wait_until(waits)[0]


def test_pause_steps_another_rate_and_stop_after_the_epoch(lab: Lab, tiny: NetworkSpec, endless: TrainingSpec) -> None:
    run = lab.runs.start(tiny, endless)
    until_epoch(lab, run, 1)
    lab.control.pause(run)
    first = paused(lab, run)
    assert lab.runs.history(run).paused == first and lab.runs.get(run).state == "running"
    lab.control.step(run, "batch")
    second = paused(lab, run, 2)
    whole = lab.runs.history(run).started.steps  # type: ignore[union-attr]
    assert (second.epoch - first.epoch) * whole + second.step - first.step == 1
    newest = [event for _, event in lab.runs.events(run) if isinstance(event, Batch)][-1]
    assert (newest.epoch, newest.step) == (second.epoch, second.step)

    with pytest.raises(TrainingError, match="between 1e-08 and 100, but received 1000"):
        lab.control.set_learning_rate(run, 1000)
    lab.control.set_learning_rate(run, 0.0005)
    changed = wait_until(lambda: [event for _, event in lab.runs.events(run) if isinstance(event, RateChanged)])
    assert [event.learning_rate for event in changed] == pytest.approx([0.0005])
    lab.control.step(run, "epoch")
    assert paused(lab, run, 3).step == whole
    assert lab.runs.history(run).epochs[-1].learning_rate == pytest.approx(0.0005)

    lab.control.unpause(run)
    wait_until(lambda: lab.runs.history(run).paused is None)
    lab.control.stop(run, after_epoch=True)
    assert ended(lab, run).state == "stopped"
    finished = lab.runs.history(run).finished
    assert finished is not None and finished.kept_epoch == lab.runs.history(run).epochs[-1].epoch


def test_a_worker_killed_while_paused_comes_back_and_waits_again(
    lab: Lab, tiny: NetworkSpec, endless: TrainingSpec
) -> None:
    run = lab.runs.start(tiny, endless)
    until_epoch(lab, run, 1)
    lab.control.pause(run)
    paused(lab, run)
    lab.control.step(run, "batch")
    where = paused(lab, run, 2)
    os.kill(in_workers(lab, "train", remote.pid), signal.SIGKILL)
    again = paused(lab, run, 3)
    # Back to the last whole epoch, one batch into the next; the step of before is not taken again.
    resumed = [event for _, event in lab.runs.events(run) if isinstance(event, Started)][-1].resumed_epoch
    assert (again.epoch, again.step) == (resumed + 1, 1) and again.epoch == where.epoch
    lab.control.unpause(run)
    until_epoch(lab, run, again.epoch)
    lab.control.stop(run, after_epoch=True)
    # No epoch is lost, and none is reported twice.
    assert ended(lab, run).state == "stopped" and epochs(lab, run) == list(range(1, epochs(lab, run)[-1] + 1))
    kinds = [event for _, event in lab.runs.events(run) if isinstance(event, Continued)]
    assert len(kinds) == 1


def test_a_worker_that_is_slow_to_stop_is_left_alone(
    lab: Lab, tiny: NetworkSpec, endless: TrainingSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnlab.engine.client.STOP_SECONDS", 6.0)
    run = lab.runs.start(tiny, endless)
    until_epoch(lab, run, 1)
    in_workers(lab, "train", remote.slow_disk, 8.0)
    try:
        lab.control.stop(run)
        done = ended(lab, run)
    finally:
        in_workers(lab, "train", remote.slow_disk, 0.0)
    assert (done.state, done.error) == ("stopped", None)


def test_a_stop_that_is_not_obeyed_restarts_the_worker(lab: Lab, tiny: NetworkSpec, endless: TrainingSpec) -> None:
    run = lab.runs.start(tiny, endless)
    until_epoch(lab, run, 1)
    worker = in_workers(lab, "train", remote.pid)
    os.kill(worker, signal.SIGSTOP)
    lab.control.stop(run)
    done = ended(lab, run)
    assert done.state == "failed" and done.error is not None and "did not respond" in str(done.error)
    # The next run has another worker, and this one can be gone on with.
    lab.runs.resume(run)
    wait_until(lambda: len([event for _, event in lab.runs.events(run) if isinstance(event, Started)]) == 2)
    assert in_workers(lab, "train", remote.pid) != worker
    before = len([event for _, event in lab.runs.events(run) if isinstance(event, Epoch)])
    wait_until(lambda: len(epochs(lab, run)) > before)
    lab.control.stop(run)
    assert ended(lab, run).state == "stopped"
