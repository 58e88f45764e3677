"""Weights as they were at moments of a training, small files that the time machine goes through. No TensorFlow here.

A moment is the end of an epoch (0: before training), or a batch of the first epoch, in which most happens. A run keeps
at most `MOST_BYTES`: a large network, or a long training, keeps fewer epochs, evenly.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np

from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.training.spec import TrainingSpec

MOST_BYTES = 100_000_000
FIRST_BATCHES = 12
"""So many moments of the first epoch are kept, most of them early."""


class Moment(NamedTuple):
    """`step` batches into the epoch after `epoch` whole ones; (0, 0) is before training, (3, 0) after three epochs."""

    epoch: int
    step: int = 0

    @property
    def file(self) -> str:
        return f"{self.epoch:04d}-{self.step:06d}.npz"


Weights = Mapping[str, tuple[np.ndarray, ...]]
"""Layer name -> its arrays in Keras's order (kernel, bias, ...); layers without weights are left out."""


def planned(training: TrainingSpec, steps: int, parameters: int) -> frozenset[Moment]:
    """The moments that a run keeps, for `steps` steps an epoch and a network of `parameters` float32 numbers."""
    if training.snapshots == "none":
        return frozenset()
    most = _most(parameters)
    early: set[Moment] = set()
    if training.snapshots == "all" and most >= 2 * FIRST_BATCHES:
        # Evenly on a logarithmic scale: 1, 2, 3, 5, 8 ... batches; with several in one go, at the end of one.
        together = training.steps_per_execution
        batches = (steps ** (k / FIRST_BATCHES) for k in range(FIRST_BATCHES))
        early = {Moment(0, -(-round(batch) // together) * together) for batch in batches}
        early = {moment for moment in early if moment.step < steps}
    every = -(-training.epochs // max(most - len(early) - 1, 1))
    whole = {Moment(epoch) for epoch in range(0, training.epochs + 1, every)} | {Moment(training.epochs)}
    return frozenset(whole | early)


def _most(parameters: int) -> int:
    """How many moments of a network there is room for; the first and the last always."""
    return max(MOST_BYTES // max(parameters * 4, 1), 2)


def make_room(folder: Path, moment: Moment, parameters: int, plan: frozenset[Moment] = frozenset()) -> None:
    """Remove what would be too much once `moment`, and all of `plan`, are kept as well.

    A run that goes on for longer than was planned has kept moments that the longer plan leaves out; one that goes back
    to its best epoch keeps that besides the plan. Those nearest to their neighbours go first, the beginning never.
    """
    there = set(moments(folder))
    while len(there | plan | {moment}) > _most(parameters):
        beside = sorted(there | {moment})
        spare = [k for k in range(1, len(beside)) if beside[k] != moment and beside[k] not in plan]
        if not spare:
            return
        nearest = beside[min(spare, key=lambda k: _gap(beside, k))]
        (folder / "snapshots" / nearest.file).unlink(missing_ok=True)
        there.remove(nearest)


def _gap(beside: list[Moment], k: int) -> tuple[float, float]:
    """From the moment before to the one after; the last one is as far from all others as can be."""
    if k == len(beside) - 1:
        return math.inf, math.inf
    (epoch, step), (next_epoch, next_step) = beside[k - 1], beside[k + 1]
    return next_epoch - epoch, next_step - step


def keep(folder: Path, moment: Moment, weights: Weights) -> None:
    """Write the weights of one moment to the run's folder, never half."""
    place = folder / "snapshots"
    place.mkdir(exist_ok=True)
    unfinished = place / "unfinished.npz"
    np.savez(unfinished, **{f"{name}.{k}": array for name, arrays in weights.items() for k, array in enumerate(arrays)})  # type: ignore[arg-type]  # fmt: skip
    unfinished.replace(place / moment.file)


def keep_if_new(folder: Path, moment: Moment, weights: Weights) -> None:
    """The same, unless that moment has been kept."""
    if not (folder / "snapshots" / moment.file).exists():
        keep(folder, moment, weights)


def any_kept(folder: Path) -> bool:
    """Whether a run has kept any; quicker than to name them."""
    try:
        with os.scandir(folder / "snapshots") as entries:
            return any(entry.name[0].isdigit() for entry in entries)
    except FileNotFoundError:
        return False


def moments(folder: Path) -> list[Moment]:
    """The moments that a run has kept so far, in order."""
    files = (path.stem.split("-") for path in (folder / "snapshots").glob("????-??????.npz"))
    return sorted(Moment(int(epoch), int(step)) for epoch, step in files)


def read(folder: Path, moment: Moment) -> dict[str, tuple[np.ndarray, ...]]:
    """The weights of one moment.

    Raises:
        CNNLabError: the run has kept none for that moment, or its file is gone or damaged.
    """
    try:
        with np.load(folder / "snapshots" / moment.file, allow_pickle=False) as kept:
            arrays: dict[str, list[np.ndarray]] = {}
            for key in kept.files:
                name = key.rpartition(".")[0]
                arrays.setdefault(name, []).append(kept[key].astype(np.float32, copy=False))
    except (OSError, ValueError, EOFError, NotImplementedError, BadZipFile) as error:
        # The last three are said of damaged files.
        raise CNNLabError(
            N_("The weights of this run at that moment are not there (any more)."),
            N_("Choose another moment or another run."),
        ) from error
    return {name: tuple(found) for name, found in arrays.items()}


def written(folder: Path, moment: Moment) -> int:
    """When the weights of a moment were written, in nanoseconds since 1970; 0 where there are none.

    A moment that is trained anew after an interruption is written anew: this tells kept copies that they are old.
    """
    try:
        return (folder / "snapshots" / moment.file).stat().st_mtime_ns
    except OSError:
        return 0


def size(folder: Path) -> int:
    """Bytes that the run's snapshots take."""
    return sum(path.stat().st_size for path in (folder / "snapshots").glob("*.npz"))
