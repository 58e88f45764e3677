"""Lesson: find the bug. Six set-ups, each with one mistake; each is looked at, diagnosed and mended."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.datasets import Dataset
from cnnlab.lessons.lesson import Block, Compare, Experiment, Lesson, Question, Row, Setup, Text
from cnnlab.marks import N_
from cnnlab.network.layers import Dense, Rescaling
from cnnlab.network.recipes import RECIPES
from cnnlab.network.shapes import summarize
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.beginning import Beginning, Extra
from cnnlab.training.spec import TrainingSpec

EPOCHS = 8
LEAKED = 5
"""How often each test image is shown in an epoch; the small set's four thousand would drown them otherwise."""

_CONV, _DENSE = RECIPES["conv-8"].network, RECIPES["mlp-relu"].network
_TRAINING = RECIPES["conv-8"].training.replace(epochs=EPOCHS)


def zeros(network: NetworkSpec, _dataset: Dataset) -> Beginning:
    """Every weight and bias 0."""
    shapes = {
        row.name: row.layer.trainable_weights(row.input_shape or network.input_shape).terms
        for row in summarize(network).rows
        if row.parameters
    }
    return Beginning({name: tuple(np.zeros(shape, np.float32) for shape in each) for name, each in shapes.items()})


def test_images(_network: NetworkSpec, dataset: Dataset) -> Beginning:
    """The test images among the training images."""
    return Beginning(extra=Extra(dataset.x_test, dataset.y_test, LEAKED))


def _unscaled(network: NetworkSpec) -> NetworkSpec:
    """The pixels from 0 to 255 again, as if nobody had divided them."""
    return network.replace(layers=(Rescaling(scale=255), *network.layers))


def _linear(network: NetworkSpec) -> NetworkSpec:
    return network.replace(layers=(*network.layers[:-1], Dense(units=10)))


def _case(
    letter: str,
    titles: tuple[str, str],
    network: NetworkSpec,
    *,
    broken: NetworkSpec | None = None,
    training: TrainingSpec = _TRAINING,
    begins: Callable[[NetworkSpec, Dataset], Beginning] | None = None,
) -> tuple[Block, ...]:
    """The parts of one case. `titles`: of the broken and the mended training."""
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
        ("a", N_("Patient A, mended")),
        ("b", N_("Patient B, mended")),
        ("c", N_("Patient C, mended")),
        ("d", N_("Patient D, mended")),
        ("e", N_("Patient E, mended")),
        ("f", N_("Patient F, mended")),
    )
)

LESSON = Lesson(
    11,
    (
        Text("how"),
        *_case("a", (N_("Patient A"), N_("Patient A, mended")), _CONV, training=_TRAINING.replace(label_noise=1.0)),
        *_case("b", (N_("Patient B"), N_("Patient B, mended")), _CONV, training=_TRAINING.replace(learning_rate=10.0)),
        *_case("c", (N_("Patient C"), N_("Patient C, mended")), _DENSE, begins=zeros),
        *_case("d", (N_("Patient D"), N_("Patient D, mended")), _CONV, begins=test_images),
        *_case("e", (N_("Patient E"), N_("Patient E, mended")), _DENSE, broken=_unscaled(_DENSE)),
        *_case("f", (N_("Patient F"), N_("Patient F, mended")), _CONV, broken=_linear(_CONV)),
        Text("table"),
        Compare(_ROWS),
    ),
)
