"""Checkpoints: what a run stores on disk to resume after its process dies: weights, optimizer and reported epochs.

The folder always has one complete checkpoint: new files (the model and, if requested, the best weights) are written
under new names, then `checkpoint.json`, which names them, is replaced atomically, and only then are old files removed.
So the best weights always belong to a reported epoch, whenever the process dies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import keras
from pydantic import TypeAdapter

from cnnlab.files import replacing
from cnnlab.training.events import Epoch
from cnnlab.training.initial_state import CHECKPOINT as INDEX

FINAL = "model.keras"
"""The trained model, written at the end of the run."""

_EPOCHS = TypeAdapter(tuple[Epoch, ...])


@dataclass(frozen=True)
class Checkpoint:
    """The epochs of a run so far, as they were reported."""

    epochs: tuple[Epoch, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Checkpoint:
        """Read the checkpoint in `folder`; an empty one if there is none."""
        index = folder / INDEX
        return cls(_EPOCHS.validate_json(index.read_bytes())) if index.exists() else cls()

    @property
    def file(self) -> str:
        """Return the name of the model file, with weights and optimizer."""
        return f"checkpoint-{len(self.epochs):04d}.keras"

    def load(self, folder: Path) -> keras.Sequential | None:
        """Load the compiled model of the last epoch; None before the first."""
        return keras.saving.load_model(folder / self.file, safe_mode=True) if self.epochs else None

    @property
    def best(self) -> Epoch:
        """Return the first epoch with the lowest validation loss; an epoch with NaN is the best only if all are."""
        return min(self.epochs, key=lambda epoch: (math.isnan(epoch.val_loss), epoch.val_loss))

    @property
    def best_file(self) -> str:
        """Return the name of the file with the weights of the best epoch; "" before the first epoch."""
        return f"best-{self.best.epoch:04d}.weights.h5" if self.epochs else ""

    def save_epoch(self, folder: Path, model: keras.Sequential, epoch: Epoch, keep_best: bool) -> Checkpoint:
        """Save `model` after another epoch (and its weights if the epoch is the best); remove the replaced files."""
        following = Checkpoint((*self.epochs, epoch))
        model.save(folder / following.file)
        if keep_best and following.best_file != self.best_file:
            model.save_weights(folder / following.best_file)
        with replacing(folder / INDEX) as unfinished:
            unfinished.write_bytes(_EPOCHS.dump_json(following.epochs))
        (folder / self.file).unlink(missing_ok=True)
        if self.best_file and self.best_file != following.best_file:
            (folder / self.best_file).unlink(missing_ok=True)
        return following


def save_final(folder: Path, model: keras.Sequential) -> None:
    """Write the finished model atomically."""
    with replacing(folder / FINAL) as unfinished:
        model.save(unfinished)
