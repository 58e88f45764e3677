"""Comparing: what differs, the Pareto front against a slow definition of it, the ranking within a budget."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.evaluation.run_differences import Difference, differences, leaderboard, pareto
from cnnlab.network.layers import AnyLayer, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.start import Start
from cnnlab.runs.run import Run
from cnnlab.training.recipes import RECIPES
from cnnlab.training.spec import TrainingSpec

HEAD = (Flatten(), Dense(units=10, activation="softmax"))


def run(*layers: AnyLayer, network: NetworkSpec | None = None, **changes: Any) -> Run:
    own = {name: changes.pop(name) for name in list(changes) if name in Run.__dataclass_fields__}
    plain = Run(
        id="x", name="x", who="", state="finished", network=network or NetworkSpec(layers=layers),
        training=TrainingSpec(**changes), created=0.0, started=None, ended=None, turn=0, server="", error=None,
        details="",
    )  # fmt: skip
    return dataclasses.replace(plain, **own)


def test_the_same_network_and_settings() -> None:
    assert differences([run(*HEAD), run(*HEAD, name="other", id="y"), run(*HEAD, note="third")]) == []


def test_settings_by_name() -> None:
    first = run(*HEAD, learning_rate=0.001, train_size=None, early_stopping=False)
    second = run(*HEAD, learning_rate=0.0005, train_size=2000, early_stopping=True)
    assert differences([first, second, first]) == [
        Difference("train_size", ("–", "2000", "–")),
        Difference("learning_rate", ("0.001", "0.0005", "0.001")),
        Difference("early_stopping", ("false", "true", "false")),
    ]


def test_fields_of_a_layer() -> None:
    sobel = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))
    first = run(Conv2D(filters=8), *HEAD)
    second = run(Conv2D(filters=16, kernel_size=(5, 3), kernels=(sobel,), trainable=False), *HEAD)
    assert differences([first, second]) == [
        Difference("filters", ("8", "16"), 0, "Conv2D"),
        Difference("kernel_size", ("3×3", "5×3"), 0, "Conv2D"),
        Difference("kernels", ("–", "[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]"), 0, "Conv2D"),
        Difference("trainable", ("true", "false"), 0, "Conv2D"),
    ]


def test_layers_that_were_added_do_not_shift_the_others() -> None:
    first = run(Conv2D(filters=8), *HEAD)
    second = run(Conv2D(filters=8), MaxPooling2D(), Dropout(rate=0.3), *HEAD)
    third = run(Dropout(rate=0.5), Conv2D(filters=4), *HEAD)
    assert differences([first, second, third]) == [
        Difference("", ("–", "–", "Dropout(rate=0.5)"), -1, "", True),
        Difference("filters", ("8", "8", "4"), 0, "Conv2D"),
        Difference("", ("–", "MaxPooling2D() → Dropout(rate=0.3)", "–"), 0, "", True),
    ]


def test_layers_that_were_taken_out_or_replaced() -> None:
    first = run(Conv2D(filters=8), MaxPooling2D(), *HEAD)
    second = run(Conv2D(filters=8), *HEAD)
    third = run(Conv2D(filters=8), Dropout(rate=0.5), *HEAD)
    assert differences([first, second, third]) == [
        Difference("", ("MaxPooling2D()", "–", "Dropout(rate=0.5)"), 1, "MaxPooling2D"),
    ]


def test_another_input_and_no_layers_at_all() -> None:
    first, second = run(network=NetworkSpec()), run(*HEAD, network=NetworkSpec(input_shape=(8, 8, 1), layers=HEAD))
    assert differences([first, second]) == [
        Difference("input_shape", ("28×28×1", "8×8×1")),
        Difference("", ("–", "Flatten() → Dense(activation=softmax)"), -1, "", True),
    ]


def test_what_networks_start_from() -> None:
    network = NetworkSpec(layers=(Conv2D(), Flatten(), Dense()))
    frozen = network.replace(start=Start(run="abc", epoch=3, step=7, taken=2, frozen=2))
    thawed = frozen.replace(start=Start(run="abc", epoch=3, step=7, taken=2, frozen=0))
    assert [(row.field, row.values) for row in differences([run(network=frozen), run(network=thawed)])] == [
        ("start.frozen", ("2", "0"))
    ]
    assert [(row.field, row.values) for row in differences([run(network=network), run(network=frozen)])] == [
        ("start.run", ("–", "abc (3, 7)")),
        ("start.taken", ("–", "2")),
        ("start.frozen", ("–", "2")),
    ]


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_against_every_other(name: str) -> None:
    runs = [run(network=RECIPES[name].network), *(run(network=recipe.network) for recipe in RECIPES.values())]
    rows = differences(runs)
    assert all(
        len(row.values) == len(runs) and row.values[0] == row.values[1 + list(RECIPES).index(name)] for row in rows
    )


_points = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(_points)
def test_the_front_is_what_nothing_beats(points: list[tuple[int, int]]) -> None:
    def beaten(point: tuple[int, int]) -> bool:
        return any(x <= point[0] and y >= point[1] and (x, y) != point for x, y in points)

    front = pareto(points, lambda point: point[0], lambda point: point[1])
    assert sorted(front) == sorted(point for point in points if not beaten(point))
    assert front == sorted(front)


def test_what_is_no_number_is_not_on_the_front() -> None:
    points = [(1.0, math.nan), (math.inf, 3.0), (2.0, 1.0), (0.0, -math.inf)]
    assert pareto(points, lambda point: point[0], lambda point: point[1]) == [(2.0, 1.0)]


def test_the_leaderboard_of_a_budget() -> None:
    runs = [
        run(id=known, best_val_accuracy=accuracy, parameters=parameters, seconds=seconds)
        for known, accuracy, parameters, seconds in (
            ("large", 0.99, 1_000_000, 60.0),
            ("slow", 0.98, 1000, 600.0),
            ("equal", 0.97, 2000, 10.0),
            ("smaller", 0.97, 1000, 20.0),
            ("quicker", 0.97, 1000, 10.0),
            ("none", None, 10, 0.0),
        )
    ]

    def names(**budget: Any) -> list[str]:
        return [found.id for found in leaderboard(runs, **budget)]

    assert names() == ["large", "slow", "quicker", "smaller", "equal"]
    assert names(max_parameters=1000) == ["slow", "quicker", "smaller"]
    assert names(max_seconds=60) == ["large", "quicker", "smaller", "equal"]
    assert names(max_parameters=1000, max_seconds=10.0) == ["quicker"]
    assert names(max_parameters=999) == []
