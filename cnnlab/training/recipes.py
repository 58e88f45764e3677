"""Well-known small networks by name, with their training settings and the results that their source reports.

The first eight are from the study notes, with the notes' results.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cnnlab.datasets import DATASETS, DatasetInfo
from cnnlab.i18n.marks import N_
from cnnlab.network.layers import AnyLayer, AveragePooling2D, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec


@dataclass(frozen=True)
class Reported:
    """The results that the source of a recipe reports; None if it does not. `seconds` were measured on its machine."""

    test_loss: float | None = None
    test_accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    epochs: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Recipe:
    """A network with its training settings and its source.

    Attributes:
        title: a short title (marked).
        about: one sentence about what it shows (marked).
        source: its source (marked).
    """

    title: str
    about: str
    source: str
    network: NetworkSpec
    training: TrainingSpec
    reported: Reported = Reported()


def _network(name: str, *layers: AnyLayer, input_shape: tuple[int, int, int] = (28, 28, 1)) -> NetworkSpec:
    return NetworkSpec(name=name, input_shape=input_shape, layers=layers)


def _conv(filters: int, kernel_size: int = 3, padding: str = "valid", activation: str = "relu") -> Conv2D:
    return Conv2D.model_validate(
        {"filters": filters, "kernel_size": kernel_size, "padding": padding, "activation": activation}
    )


def _relu(units: int) -> Dense:
    return Dense(units=units, activation="relu")


def _softmax(units: int = 10) -> Dense:
    return Dense(units=units, activation="softmax")


def _notes(**changes: Any) -> TrainingSpec:
    """Return the settings of chapter 8 of the notes, which validate on the test set."""
    settings = {"dataset": "mnist", "validation": "test", "batch_size": 1000, "loss": "categorical_crossentropy"}
    return TrainingSpec.model_validate({**settings, **changes})


RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "conv-8": Recipe(
            N_("A first CNN: eight filters"),
            N_("One convolution with eight 3×3 filters, few enough to inspect one by one."),
            N_("Study notes, 8.5"),
            _network("conv-8", _conv(8, padding="same"), Flatten(), _softmax()),
            _notes(epochs=20),
        ),
        "mlp-sigmoid": Recipe(
            N_("Dense network with sigmoid"),
            N_("Sixteen sigmoid neurons: see how slowly they learn, and why."),
            N_("Study notes, 8.2"),
            _network("mlp-sigmoid", Flatten(), Dense(units=16, activation="sigmoid"), _softmax()),
            _notes(epochs=10),
            Reported(test_loss=0.5296, test_accuracy=0.8952, epochs=10, seconds=13.5),
        ),
        "mlp-relu": Recipe(
            N_("Dense network with ReLU"),
            N_("The same network with ReLU: one changed word, and it learns faster."),
            N_("Study notes, 8.3"),
            _network("mlp-relu", Flatten(), _relu(16), _softmax()),
            _notes(epochs=10),
            Reported(test_loss=0.2524, test_accuracy=0.9299, epochs=10, seconds=10.3),
        ),
        "full": Recipe(
            N_("The full network"),
            N_("Convolutions, pooling and dropout together: over 99% on MNIST."),
            N_("Study notes, 8.8"),
            _network(
                "full",
                _conv(16),
                _conv(32),
                MaxPooling2D(),
                _conv(64),
                MaxPooling2D(),
                Dropout(rate=0.25),
                Flatten(),
                _relu(128),
                Dropout(rate=0.25),
                _softmax(),
            ),
            _notes(epochs=20),
            Reported(test_loss=0.0225, test_accuracy=0.9929, epochs=20, seconds=1113.9),
        ),
        "week3": Recipe(
            N_("Three convolutions"),
            N_("Alternating convolution and pooling, as in many tutorials."),
            N_("Study notes, week 3"),
            _network(
                "week3",
                _conv(32),
                MaxPooling2D(),
                _conv(64),
                MaxPooling2D(),
                _conv(64),
                Flatten(),
                _relu(64),
                _softmax(),
            ),
            TrainingSpec(dataset="mnist", validation="test", batch_size=32, epochs=5),
        ),
        "conv-10": Recipe(
            N_("Ten filters, without dropout"),
            N_("Watch it overfit: training keeps improving, validation does not."),
            N_("Study notes, chapter 8-5"),
            _network("conv-10", _conv(10, padding="same"), MaxPooling2D(), Flatten(), _relu(100), _softmax()),
            TrainingSpec(dataset="mnist", batch_size=32, epochs=20, loss="categorical_crossentropy"),
        ),
        "conv-10-dropout": Recipe(
            N_("Ten filters, with dropout"),
            N_("The same network with dropout: it overfits less."),
            N_("Study notes, chapter 8-5"),
            _network(
                "conv-10-dropout",
                _conv(10, padding="same"),
                MaxPooling2D(),
                Flatten(),
                Dropout(rate=0.5),
                _relu(100),
                _softmax(),
            ),
            TrainingSpec(dataset="mnist", batch_size=32, epochs=20, loss="categorical_crossentropy"),
        ),
        "fashion": Recipe(
            N_("Clothing: Fashion-MNIST"),
            N_("The full workflow: validation split, early stopping, saving the best weights."),
            N_("Study notes, chapter 8-2"),
            _network(
                "fashion",
                _conv(32, padding="same"),
                MaxPooling2D(),
                _conv(64, padding="same"),
                MaxPooling2D(),
                Flatten(),
                _relu(100),
                Dropout(rate=0.4),
                _softmax(),
            ),
            TrainingSpec(
                dataset="fashion-mnist", batch_size=32, epochs=20, early_stopping=True, patience=2, save_best=True
            ),
            Reported(test_loss=0.2362, test_accuracy=0.9094, val_loss=0.2217, val_accuracy=0.9156, epochs=9),
        ),
        "lenet-5": Recipe(
            "LeNet-5",
            N_("The classic from 1998, with tanh and average pooling."),
            N_("LeCun and others, 1998"),
            _network(
                "lenet-5",
                _conv(6, 5, "same", "tanh"),
                AveragePooling2D(),
                _conv(16, 5, activation="tanh"),
                AveragePooling2D(),
                Flatten(),
                Dense(units=120, activation="tanh"),
                Dense(units=84, activation="tanh"),
                _softmax(),
            ),
            TrainingSpec(dataset="mnist", epochs=10),
        ),
        "keras-convnet": Recipe(
            N_("Keras's MNIST example"),
            N_("Small and accurate: about 99% with 34,826 parameters."),
            N_("Keras's code examples, “Simple MNIST convnet”"),
            _network(
                "keras-convnet",
                _conv(32),
                MaxPooling2D(),
                _conv(64),
                MaxPooling2D(),
                Flatten(),
                Dropout(rate=0.5),
                _softmax(),
            ),
            TrainingSpec(dataset="mnist", epochs=15, validation_split=0.1, loss="categorical_crossentropy"),
            Reported(test_loss=0.0239, test_accuracy=0.9914, epochs=15),
        ),
        "vgg-cifar": Recipe(
            N_("A small VGG for color images"),
            N_("Pairs of 3×3 convolutions, for the small photos of CIFAR-10."),
            N_("After Simonyan and Zisserman, 2014"),
            _network(
                "vgg-cifar",
                *(_conv(32, padding="same"), _conv(32, padding="same"), MaxPooling2D(), Dropout(rate=0.2)),
                *(_conv(64, padding="same"), _conv(64, padding="same"), MaxPooling2D(), Dropout(rate=0.3)),
                *(_conv(128, padding="same"), _conv(128, padding="same"), MaxPooling2D(), Dropout(rate=0.4)),
                *(Flatten(), _relu(128), Dropout(rate=0.5), _softmax()),
                input_shape=(32, 32, 3),
            ),
            TrainingSpec(dataset="cifar-10", batch_size=64, epochs=30),
        ),
    }
)
"""Name -> recipe, in the order of the menu."""

FIRST_RECIPE = "conv-8"
"""The recipe that newcomers train first: small, fast, and with filters that can be shown as images."""

MIN_STEPS = 40
"""Minimum number of steps per epoch; with fewer, an epoch changes little."""


def for_dataset(training: TrainingSpec, dataset: str | DatasetInfo) -> TrainingSpec:
    """Return a recipe's settings for another dataset, with a batch size that leaves `MIN_STEPS` steps per epoch.

    Args:
        dataset: the name of a built-in dataset, or the description of any.
    """
    info = DATASETS[dataset] if isinstance(dataset, str) else dataset
    most = max(info.train_size // MIN_STEPS, 1)
    return training.replace(dataset=info.name, batch_size=min(training.batch_size, most))
