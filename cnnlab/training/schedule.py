"""Learning-rate schedules: the arithmetic for the preview, and the schedule for Keras.

`keras_schedule` names a class of `keras.optimizers.schedules` and its arguments, so that training and the exported
script use the same schedule; tests compare `learning_rate` with it.
"""

from __future__ import annotations

import math
from typing import Any

from cnnlab.training.spec import TrainingSpec


def learning_rate(training: TrainingSpec, epoch: float) -> float:
    """Return the learning rate after `epoch` epochs (0 at the start; fractional within an epoch)."""
    peak = training.learning_rate
    match training.schedule:
        case "step":
            passed = epoch / training.decay_epochs
            # Settings from a link can make the quotient infinite, which has no floor.
            return peak * math.pow(training.decay_rate, math.floor(passed) if math.isfinite(passed) else passed)
        case "exponential":
            return peak * math.pow(training.decay_rate, epoch / training.decay_epochs)
        case "cosine":
            if epoch < training.warmup_epochs:
                return peak * epoch / training.warmup_epochs
            rest = cosine_epochs(training)
            return peak * 0.5 * (1 + math.cos(math.pi * min(epoch - training.warmup_epochs, rest) / rest))
    return peak


def keras_schedule(training: TrainingSpec, steps: int) -> tuple[str, dict[str, Any]] | None:
    """Return the class of `keras.optimizers.schedules` and its arguments for `steps` steps per epoch, or None."""
    match training.schedule:
        case "step" | "exponential":
            return "ExponentialDecay", {
                "initial_learning_rate": training.learning_rate,
                "decay_steps": _steps(training.decay_epochs, steps),
                "decay_rate": training.decay_rate,
                "staircase": training.schedule == "step",
            }
        case "cosine" if training.warmup_epochs:
            return "CosineDecay", {
                "initial_learning_rate": 0.0,
                "warmup_target": training.learning_rate,
                "warmup_steps": _steps(training.warmup_epochs, steps),
                "decay_steps": _steps(cosine_epochs(training), steps),
            }
        case "cosine":
            return "CosineDecay", {
                "initial_learning_rate": training.learning_rate,
                "decay_steps": training.epochs * steps,
            }
    return None


def cosine_epochs(training: TrainingSpec) -> float:
    """Return the number of epochs after the warm-up, at least one."""
    return max(training.epochs - training.warmup_epochs, 1.0)


def _steps(epochs: float, steps: int) -> int:
    return max(round(epochs * steps), 1)
