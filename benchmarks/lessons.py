"""`python -m benchmarks.lessons`: the time of each lesson experiment on the digits that ship with the Lab."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.plan import LOOK_SECONDS, look, wait_for_workers
from benchmarks.report import Figure, arguments, describe_machine, show
from cnnlab.lab.lab import Lab
from cnnlab.lessons import LESSONS
from cnnlab.lessons.lesson import Experiment, Length
from cnnlab.settings import Settings

MAX_SECONDS = 60


def seconds(lab: Lab, experiment: Experiment, length: Length) -> float:
    """Return the seconds from starting the experiment until its last run has ended, polling as the page does."""
    began, runs = time.perf_counter(), []
    for setup in experiment.setups:
        training = setup.prepared("small", length, experiment.part_size)
        initial = setup.initial(lab.datasets.get, training.dataset)
        runs.append(lab.runs.start(setup.network, training, name=setup.name, initial=initial))
    while any(lab.runs.get(run).active for run in runs):
        for run in runs:
            look(lab, run)
        time.sleep(LOOK_SECONDS)
    for run in map(lab.runs.get, runs):
        if run.state != "finished":
            raise RuntimeError(f"The run {run.name} is {run.state}: {run.error}\n{run.details}")
    return time.perf_counter() - began


def measure(lab: Lab, length: Length) -> Iterator[Figure]:
    """Yield the seconds of each experiment, lesson by lesson."""
    wait_for_workers(lab)
    for lesson in LESSONS.values():
        for block in lesson.blocks:
            if isinstance(block, Experiment):
                name = f"lessons.{lesson.name}.{block.part}_seconds"
                yield Figure(name, seconds(lab, block, length), "s", MAX_SECONDS, 1)


def main() -> int:
    """Run the benchmark and return its exit status."""
    options = arguments("The time of each lesson experiment.", data=False).parse_args()
    describe_machine()
    with tempfile.TemporaryDirectory(prefix="cnnlab-benchmark-", ignore_cleanup_errors=True) as home:
        lab = Lab(Settings(home=Path(home), training_workers=1))
        try:
            return int(show(measure(lab, "quick" if options.quick else "whole"), options.quick))
        finally:
            lab.close()


if __name__ == "__main__":
    sys.exit(main())
