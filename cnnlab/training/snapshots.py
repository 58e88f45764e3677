"""Snapshots: the weights of a run at certain moments of its training, as files. No TensorFlow here.

A moment is the end of an epoch (0: before training), or a batch of the first epoch, when the weights change most. A run
keeps at most `MAX_BYTES`: large networks and long runs keep fewer epochs, evenly spaced.
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
from cnnlab.files import replacing
from cnnlab.i18n.marks import N_
from cnnlab.training.spec import TrainingSpec

MAX_BYTES = 100_000_000
"""Maximum size of all snapshots of a run."""
FIRST_BATCHES = 12
"""Number of snapshots within the first epoch, most of them early."""


class Moment(NamedTuple):
    """`step` batches after `epoch` finished epochs; (0, 0) is before training, (3, 0) after three epochs."""

    epoch: int
    step: int = 0

    @property
    def file(self) -> str:
        """Return the name of the snapshot's file."""
        return f"{self.epoch:04d}-{self.step:06d}.npz"


_FILES = "????-??????.npz"

Weights = Mapping[str, tuple[np.ndarray, ...]]
"""Layer name -> its arrays in Keras's order (kernel, bias, ...); layers without weights are left out."""


def plan_moments(training: TrainingSpec, steps: int, parameters: int) -> frozenset[Moment]:
    """Return the moments to save, for `steps` steps per epoch and a network of `parameters` float32 parameters."""
    if training.snapshots == "none":
        return frozenset()
    limit = _max_moments(parameters)
    early: set[Moment] = set()
    if training.snapshots == "all" and limit >= 2 * FIRST_BATCHES:
        # Evenly spaced on a logarithmic scale: 1, 2, 3, 5, 8 ... batches, rounded up to the end of a call.
        together = training.steps_per_execution
        batches = (steps ** (k / FIRST_BATCHES) for k in range(FIRST_BATCHES))
        early = {Moment(0, -(-round(batch) // together) * together) for batch in batches}
        early = {moment for moment in early if moment.step < steps}
    every = -(-training.epochs // max(limit - len(early) - 1, 1))
    whole = {Moment(epoch) for epoch in range(0, training.epochs + 1, every)} | {Moment(training.epochs)}
    return frozenset(whole | early)


def _max_moments(parameters: int) -> int:
    """Return the maximum number of snapshots of a network; at least the first and the last."""
    return max(MAX_BYTES // max(parameters * 4, 1), 2)


def make_room(folder: Path, moment: Moment, parameters: int, plan: frozenset[Moment] = frozenset()) -> None:
    """Remove snapshots so that `moment` and all of `plan` fit as well.

    A run that continues for longer than planned has snapshots that the longer plan does not have, and a run that
    restores its best epoch saves one outside the plan. Snapshots nearest to their neighbors are removed first, the
    one before training never.
    """
    saved = set(moments(folder))
    while len(saved | plan | {moment}) > _max_moments(parameters):
        beside = sorted(saved | {moment})
        spare = [k for k in range(1, len(beside)) if beside[k] != moment and beside[k] not in plan]
        if not spare:
            return
        nearest = beside[min(spare, key=lambda k: _gap(beside, k))]
        (folder / "snapshots" / nearest.file).unlink(missing_ok=True)
        saved.remove(nearest)


def _gap(beside: list[Moment], k: int) -> tuple[float, float]:
    """Return the distance between the neighbors of the k-th moment; infinite for the last."""
    if k == len(beside) - 1:
        return math.inf, math.inf
    (epoch, step), (next_epoch, next_step) = beside[k - 1], beside[k + 1]
    return next_epoch - epoch, next_step - step


def save(folder: Path, moment: Moment, weights: Weights) -> None:
    """Write the weights of a moment to the run's folder, atomically."""
    named = {f"{name}.{k}": array for name, arrays in weights.items() for k, array in enumerate(arrays)}
    with replacing(folder / "snapshots" / moment.file) as unfinished:
        np.savez(unfinished, **named)  # type: ignore[arg-type]


def save_if_missing(folder: Path, moment: Moment, weights: Weights) -> None:
    """Write the weights of a moment unless its snapshot exists."""
    if not (folder / "snapshots" / moment.file).exists():
        save(folder, moment, weights)


def has_snapshots(folder: Path) -> bool:
    """Return whether a run has any snapshot; faster than `moments`."""
    try:
        with os.scandir(folder / "snapshots") as entries:
            return any(entry.name[0].isdigit() for entry in entries)
    except FileNotFoundError:
        return False


def moments(folder: Path) -> list[Moment]:
    """Return the moments of the run's snapshots, in order."""
    files = (path.stem.split("-") for path in (folder / "snapshots").glob(_FILES))
    return sorted(Moment(int(epoch), int(step)) for epoch, step in files)


def read(folder: Path, moment: Moment) -> dict[str, tuple[np.ndarray, ...]]:
    """Read the weights of a snapshot.

    Raises:
        CNNLabError: there is no such snapshot, or its file is damaged.
    """
    try:
        with np.load(folder / "snapshots" / moment.file, allow_pickle=False) as kept:
            arrays: dict[str, list[np.ndarray]] = {}
            for key in kept.files:
                name = key.rpartition(".")[0]
                arrays.setdefault(name, []).append(kept[key].astype(np.float32, copy=False))
    except (OSError, ValueError, EOFError, NotImplementedError, BadZipFile) as error:
        # The last three indicate a damaged file.
        raise CNNLabError(
            N_("The weights of this snapshot are missing or damaged."),
            N_("Choose another snapshot or another run."),
        ) from error
    return {name: tuple(found) for name, found in arrays.items()}


def is_finite(folder: Path, moment: Moment) -> bool:
    """Return whether no weight of a snapshot is NaN or infinite; raises like `read`."""
    return all(np.isfinite(array).all() for arrays in read(folder, moment).values() for array in arrays)


def modified_ns(folder: Path, moment: Moment) -> int:
    """Return when a snapshot was written, in nanoseconds since 1970; 0 if it does not exist.

    A snapshot is written again if its epoch is repeated after an interruption: caches use this to detect old copies.
    """
    try:
        return (folder / "snapshots" / moment.file).stat().st_mtime_ns
    except OSError:
        return 0


def total_bytes(folder: Path) -> int:
    """Return the size of the run's snapshots in bytes."""
    return sum(path.stat().st_size for path in (folder / "snapshots").glob(_FILES))
