"""Every setup of every lesson, trained with the real `train` for one epoch of 100 images, and special cases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnnlab.datasets import DATASETS, load
from cnnlab.lessons import LESSONS
from cnnlab.lessons.bugs.lesson import LEAKED
from cnnlab.lessons.lesson import SMALL, Experiment, Setup
from cnnlab.network.summary import check
from cnnlab.training.initial_state import check_extra
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train

SETUPS = [
    pytest.param(setup, block, id=f"{lesson.name}-{block.part}-{setup.name}")
    for lesson in LESSONS.values()
    for block in lesson.blocks
    if isinstance(block, Experiment)
    for setup in block.setups
]


def briefly(setup: Setup) -> TrainingSpec:
    """Return the settings for one epoch on the small dataset."""
    training = setup.prepared("small", "quick")
    return training.replace(epochs=1, train_size=100, batch_size=50, snapshots="none", watch=False)


@pytest.mark.parametrize(("setup", "block"), SETUPS)
def test_it_trains(setup: Setup, block: Experiment) -> None:
    training = briefly(setup)
    dataset = load(training.dataset)
    trained = train(setup.network, training, dataset, initial=setup.initial(load, training.dataset))
    (epoch,) = trained.epochs
    assert epoch.epoch == 1 and math.isfinite(epoch.val_accuracy)


@pytest.mark.parametrize(("setup", "block"), SETUPS)
def test_every_choice_of_data_and_length_is_possible(setup: Setup, block: Experiment) -> None:
    for data in ("small", "part", "full") if block.part_size else ("small", "full"):
        for length in ("whole", "quick"):
            training = setup.prepared(data, length, block.part_size).checked()
            info = DATASETS[training.dataset]
            assert training.dataset == (SMALL[setup.data] if data == "small" else setup.data)
            assert (training.train_size or info.train_size) <= info.train_size
            check(setup.network, info.input_shape, len(info.class_names), 5_000_000)
            if length == "quick":
                assert training.train_size == 1000 and training.epochs <= 3
            elif data == "full":
                assert training == setup.training


def test_part_of_fashion_mnist_is_6000_images() -> None:
    block = LESSONS["fashion"].experiment("train")
    training = block.setups[0].prepared("part", "whole", block.part_size)
    assert (training.dataset, training.train_size, training.early_stopping) == ("fashion-mnist", 6000, True)


def test_settings_for_the_small_dataset_apply_only_to_it() -> None:
    fast = LESSONS["full"].experiment("train").setups[0]
    assert (fast.prepared("full", "whole").batch_size, fast.prepared("full", "whole").epochs) == (256, 4)
    assert (fast.prepared("small", "whole").batch_size, fast.prepared("small", "whole").epochs) == (32, 6)


def test_zeros_stay_zeros() -> None:
    """Only the biases of the output layer can change."""
    (setup,) = LESSONS["bugs"].experiment("c").setups
    training = briefly(setup)
    dataset = load(training.dataset)
    trained = train(setup.network, training, dataset, initial=setup.initial(load, training.dataset))
    *others, last = trained.model.get_weights()
    assert [np.abs(array).max() for array in others] == [0.0, 0.0, 0.0]
    assert np.abs(last).max() > 0


def test_leaked_images_are_all_test_images_and_within_the_limit() -> None:
    (setup,) = LESSONS["bugs"].experiment("d").setups
    dataset = load("mnist-5k")
    extra = setup.initial(load, "mnist-5k").extra
    assert extra is not None and extra.weight == LEAKED
    assert (extra.images == dataset.x_test).all() and (extra.labels == dataset.y_test).all()
    check_extra(extra, (28, 28, 1), 10)


def test_each_patient_has_the_bug_of_its_answer() -> None:
    """The correct choice of each question names the mistake of its patient; no mistake occurs twice."""
    lesson = LESSONS["bugs"]
    english = lesson.texts("en").parts
    named = {letter: english[f"what-{letter}"].choices[english[f"what-{letter}"].right or 0] for letter in "abcdef"}
    assert len(set(named.values())) == 6
    broken = {letter: lesson.experiment(letter).setups[0] for letter in "abcdef"}
    assert "shuffled" in named["a"] and broken["a"].training.label_noise == 1.0
    assert "learning rate" in named["b"] and broken["b"].training.learning_rate == 10.0
    assert "start at 0" in named["c"] and broken["c"].begins is not None
    assert "test images" in named["d"] and broken["d"].begins is not None
    assert "not scaled" in named["e"] and broken["e"].network.layers[0].arguments()["scale"] == 255
    assert "softmax" in named["f"] and broken["f"].network.layers[-1].arguments()["activation"] == "linear"
    for letter in "abcdef":
        (fixed,) = lesson.experiment(f"mend-{letter}").setups
        assert (fixed.training.label_noise, fixed.training.learning_rate, fixed.begins) == (0.0, 0.001, None)
