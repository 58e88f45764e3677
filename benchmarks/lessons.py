"""`python -m benchmarks.lessons`: how long each experiment of the lessons takes on the digits that come along."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.plan import LOOK_SECONDS, look, wait_for_workers
from benchmarks.report import Figure, arguments, describe_machine, show
from cnnlab.lab import Lab
from cnnlab.lessons import LESSONS
from cnnlab.lessons.lesson import Experiment, Length
from cnnlab.settings import Settings

MOST_SECONDS = 60


def seconds(lab: Lab, experiment: Experiment, length: Length) -> float:
    """From pressing its button until the last of its runs has ended, looked at as the page looks."""
    began, runs = time.perf_counter(), []
    for setup in experiment.setups:
        training = setup.prepared("small", length, experiment.part_size)
        beginning = setup.beginning(lab.dataset, training.dataset)
        runs.append(lab.start(setup.network, training, name=setup.name, beginning=beginning))
    while any(lab.run(run).going for run in runs):
        for run in runs:
            look(lab, run)
        time.sleep(LOOK_SECONDS)
    for run in map(lab.run, runs):
        if run.state != "finished":
            raise RuntimeError(f"The run of {run.name} {run.state}: {run.error}\n{run.details}")
    return time.perf_counter() - began


def measure(lab: Lab, length: Length) -> Iterator[Figure]:
    """The seconds of each experiment, lesson after lesson."""
    wait_for_workers(lab)
    for lesson in LESSONS.values():
        for block in lesson.blocks:
            if isinstance(block, Experiment):
                name = f"lessons.{lesson.name}.{block.part}_seconds"
                yield Figure(name, seconds(lab, block, length), "s", MOST_SECONDS, 1)


def main() -> int:
    asked = arguments("How long each experiment of the lessons takes.", data=False).parse_args()
    describe_machine()
    with tempfile.TemporaryDirectory(prefix="cnnlab-benchmark-", ignore_cleanup_errors=True) as home:
        lab = Lab(Settings(home=Path(home), training_workers=1))
        try:
            return int(show(measure(lab, "quick" if asked.quick else "whole"), asked.quick))
        finally:
            lab.close()


if __name__ == "__main__":
    sys.exit(main())
