"""The quick settings: literal expectations for the notes' networks, and that they learn as well."""

from __future__ import annotations

import pytest

from cnnlab.datasets import load
from cnnlab.training.fast_preset import FIELDS, fast
from cnnlab.training.recipes import RECIPES, for_dataset
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train


def settings(training: TrainingSpec) -> tuple[int, int, float, str, str]:
    return training.batch_size, training.epochs, training.learning_rate, training.schedule, training.precision


@pytest.mark.parametrize(
    ("recipe", "dataset", "expected"),
    [
        ("full", "mnist", (256, 4, 0.004, "cosine", "mixed_bfloat16")),
        ("conv-10", "mnist", (256, 5, 0.004, "cosine", "mixed_bfloat16")),
        ("conv-8", "mnist-5k", (100, 20, 0.0025, "cosine", "mixed_bfloat16")),
        ("week3", "mnist", (256, 4, 0.004, "cosine", "mixed_bfloat16")),
    ],
)
def test_what_fast_means(recipe: str, dataset: str, expected: tuple[int, int, float, str, str]) -> None:
    one = RECIPES[recipe]
    assert settings(fast(one.network, for_dataset(one.training, dataset))) == expected


def test_nothing_else_is_touched() -> None:
    for recipe in RECIPES.values():
        after = fast(recipe.network, recipe.training)
        changed = {name for name, value in recipe.training if getattr(after, name) != value}
        assert changed <= set(FIELDS)


def test_the_data_the_seed_and_the_loss_stay() -> None:
    before = RECIPES["fashion"].training
    after = fast(RECIPES["fashion"].network, before)
    kept = ("dataset", "validation", "validation_split", "random_state", "seed", "loss", "save_best", "snapshots")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert before.early_stopping and not after.early_stopping


def test_several_steps_in_one_go_where_an_epoch_is_long_and_a_step_is_short() -> None:
    together = {name: fast(RECIPES[name].network, RECIPES[name].training).steps_per_execution for name in RECIPES}
    assert together["conv-10"] > 10 * together["full"] >= 10
    # Seconds an epoch: every batch can be seen, and gone back to.
    assert together["mlp-relu"] == 1
    small = for_dataset(RECIPES["conv-10"].training, "mnist-5k")
    assert fast(RECIPES["conv-10"].network, small).steps_per_execution == 1


def test_it_learns_as_well_in_as_many_epochs() -> None:
    recipe, data = RECIPES["conv-8"], load("mnist-5k")
    usual = for_dataset(recipe.training, "mnist-5k").replace(epochs=8)
    quick = fast(recipe.network, usual)
    assert quick.epochs == 8
    after = [train(recipe.network, settings, data).epochs[-1].val_accuracy for settings in (usual, quick)]
    assert after[1] > after[0] - 0.005
