"""What a run keeps on disk so that it can go on after its process died: weights, optimizer and the epochs reported.

The folder always holds one whole checkpoint: new files (the model; the best weights so far, where they are wanted) are
written under new names, then `checkpoint.json`, which names them, is replaced in one step, and only then are the old
files removed. So the best weights always belong to an epoch that was reported, whenever the process died.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import keras
from pydantic import TypeAdapter

from cnnlab.training.beginning import CHECKPOINT as INDEX
from cnnlab.training.events import Epoch

FINAL = "model.keras"
"""The trained model, written when the run has ended."""

_EPOCHS = TypeAdapter(tuple[Epoch, ...])


@dataclass(frozen=True)
class Checkpoint:
    """The epochs of a run so far, each as it was reported."""

    epochs: tuple[Epoch, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Checkpoint:
        """The checkpoint in `folder`; an empty one where there is none."""
        index = folder / INDEX
        return cls(_EPOCHS.validate_json(index.read_bytes())) if index.exists() else cls()

    @property
    def file(self) -> str:
        """The name of the model file, with weights and optimizer."""
        return f"checkpoint-{len(self.epochs):04d}.keras"

    def load(self, folder: Path) -> keras.Sequential | None:
        """The compiled model as it was at the end of the last epoch; None before the first."""
        return keras.saving.load_model(folder / self.file, safe_mode=True) if self.epochs else None

    @property
    def best(self) -> Epoch:
        """The first epoch with the lowest validation loss; one that is not a number is never the best."""
        return min(self.epochs, key=lambda epoch: (math.isnan(epoch.val_loss), epoch.val_loss))

    @property
    def best_file(self) -> str:
        """The name of the file with the weights of the best epoch; "" before the first epoch."""
        return f"best-{self.best.epoch:04d}.weights.h5" if self.epochs else ""

    def then(self, folder: Path, model: keras.Sequential, epoch: Epoch, keep_best: bool) -> Checkpoint:
        """Keep `model` after one more epoch (and its weights, where it is the best one), and drop what it replaces."""
        following = Checkpoint((*self.epochs, epoch))
        model.save(folder / following.file)
        if keep_best and following.best_file != self.best_file:
            model.save_weights(folder / following.best_file)
        unfinished = folder / (INDEX + ".new")
        unfinished.write_bytes(_EPOCHS.dump_json(following.epochs))
        unfinished.replace(folder / INDEX)
        (folder / self.file).unlink(missing_ok=True)
        if self.best_file and self.best_file != following.best_file:
            (folder / self.best_file).unlink(missing_ok=True)
        return following


def save_final(folder: Path, model: keras.Sequential) -> None:
    """Write the finished model, never half."""
    unfinished = folder / f"unfinished-{FINAL}"
    model.save(unfinished)
    unfinished.replace(folder / FINAL)
