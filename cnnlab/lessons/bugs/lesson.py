"""Lesson: find the bug. Six setups, each with one mistake to diagnose and fix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.datasets import Dataset
from cnnlab.i18n.marks import N_
from cnnlab.lessons.lesson import Block, Compare, Experiment, Lesson, Question, Row, Setup, Text
from cnnlab.network.layers import Dense, Rescaling
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training.initial_state import Extra, InitialState
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec

EPOCHS = 8
LEAKED = 5
"""Repeats of each test image per epoch; fewer would be drowned out by the 4,000 images of the small dataset."""

_CONV, _DENSE = RECIPES["conv-8"].network, RECIPES["mlp-relu"].network
_TRAINING = RECIPES["conv-8"].training.replace(epochs=EPOCHS)


def zeros(network: NetworkSpec, _dataset: Dataset) -> InitialState:
    """Return an initial state in which every weight and bias is 0."""
    shapes = {
        row.name: row.layer.trainable_weights(row.input_shape or network.input_shape).terms
        for row in summarize(network).rows
        if row.parameters
    }
    return InitialState({name: tuple(np.zeros(shape, np.float32) for shape in each) for name, each in shapes.items()})


def test_images(_network: NetworkSpec, dataset: Dataset) -> InitialState:
    """Return an initial state with the test images among the training images."""
    return InitialState(extra=Extra(dataset.x_test, dataset.y_test, LEAKED))


def _unscaled(network: NetworkSpec) -> NetworkSpec:
    """Return the network with pixels scaled back to 0 to 255, as if they had never been divided by 255."""
    return network.replace(layers=(Rescaling(scale=255), *network.layers))


def _linear(network: NetworkSpec) -> NetworkSpec:
    """Return the network without the softmax of its last layer."""
    return network.replace(layers=(*network.layers[:-1], Dense(units=10)))


def _case(
    letter: str,
    titles: tuple[str, str],
    network: NetworkSpec,
    *,
    broken: NetworkSpec | None = None,
    training: TrainingSpec = _TRAINING,
    begins: Callable[[NetworkSpec, Dataset], InitialState] | None = None,
) -> tuple[Block, ...]:
    """Return the blocks of one patient. `titles`: of the broken and of the fixed run."""
    sick, healthy = titles
    return (
        Text(f"case-{letter}"),
        Experiment(letter, (Setup("broken", sick, broken or network, training, begins),)),
        Question(f"what-{letter}"),
        Experiment(
            f"mend-{letter}", (Setup("mended", healthy, network, _TRAINING),), question=f"what-{letter}", beside=letter
        ),
    )


_ROWS = tuple(
    Row(label, "", "accuracy", f"mend-{letter}", "mended")
    for letter, label in (
        ("a", N_("Patient A, fixed")),
        ("b", N_("Patient B, fixed")),
        ("c", N_("Patient C, fixed")),
        ("d", N_("Patient D, fixed")),
        ("e", N_("Patient E, fixed")),
        ("f", N_("Patient F, fixed")),
    )
)

LESSON = Lesson(
    11,
    (
        Text("how"),
        *_case("a", (N_("Patient A"), N_("Patient A, fixed")), _CONV, training=_TRAINING.replace(label_noise=1.0)),
        *_case("b", (N_("Patient B"), N_("Patient B, fixed")), _CONV, training=_TRAINING.replace(learning_rate=10.0)),
        *_case("c", (N_("Patient C"), N_("Patient C, fixed")), _DENSE, begins=zeros),
        *_case("d", (N_("Patient D"), N_("Patient D, fixed")), _CONV, begins=test_images),
        *_case("e", (N_("Patient E"), N_("Patient E, fixed")), _DENSE, broken=_unscaled(_DENSE)),
        *_case("f", (N_("Patient F"), N_("Patient F, fixed")), _CONV, broken=_linear(_CONV)),
        Text("table"),
        Compare(_ROWS),
    ),
)
