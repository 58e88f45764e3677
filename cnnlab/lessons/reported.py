"""Every figure that the lessons quote from the study notes. Texts refer to them by name: {reported.full_accuracy}.

Results of recipes come from `training.recipes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnlab.training.recipes import RECIPES


@dataclass(frozen=True)
class Reported:
    """A figure from the notes.

    Attributes:
        value: the number.
        form: its format specification, as for `format`.
        source: the section of the notes.
    """

    value: float
    form: str
    source: str


def _of(recipe: str, name: str, form: str, source: str) -> Reported:
    value = getattr(RECIPES[recipe].reported, name)
    return Reported(value, form, source)


REPORTED: Mapping[str, Reported] = MappingProxyType(
    {
        "train_images": Reported(60_000, ",d", "8.1"),
        "test_images": Reported(10_000, ",d", "8.1"),
        "vector_length": Reported(784, "d", "8.2"),
        "sigmoid_loss": _of("mlp-sigmoid", "test_loss", ".4f", "8.2"),
        "sigmoid_accuracy": _of("mlp-sigmoid", "test_accuracy", ".2%", "8.2"),
        "sigmoid_seconds": _of("mlp-sigmoid", "seconds", ".1f", "8.2"),
        "sigmoid_first_accuracy": Reported(0.4952, ".2%", "8.2, after the first epoch"),
        "relu_loss": _of("mlp-relu", "test_loss", ".4f", "8.3"),
        "relu_accuracy": _of("mlp-relu", "test_accuracy", ".2%", "8.3"),
        "relu_first_accuracy": Reported(0.8073, ".2%", "8.3, after the first epoch"),
        "padding_of_three": Reported(1, "d", "8.4"),
        "padding_of_five": Reported(2, "d", "8.4"),
        "conv_values": Reported(6272, ",d", "8.5"),
        "conv_wrong": Reported(2, "d", "8.5"),
        "shown_digits": Reported(96, "d", "8.2"),
        "dropout_rate": Reported(0.5, ".1f", "8-5"),
        "full_loss": _of("full", "test_loss", ".4f", "8.8"),
        "full_accuracy": _of("full", "test_accuracy", ".2%", "8.8"),
        "full_seconds": _of("full", "seconds", ",.1f", "8.8"),
        "full_epochs": _of("full", "epochs", "d", "8.8"),
        "fashion_val_loss": _of("fashion", "val_loss", ".4f", "8-2"),
        "fashion_val_accuracy": _of("fashion", "val_accuracy", ".2%", "8-2"),
        "fashion_test_accuracy": _of("fashion", "test_accuracy", ".2%", "8-2"),
        "fashion_epochs": _of("fashion", "epochs", "d", "8-2"),
    }
)
"""Key -> figure."""


def written(key: str) -> str:
    """Return a figure as texts show it."""
    return format(REPORTED[key].value, REPORTED[key].form)
