"""Training a network that begins with hand-designed kernels: frozen they stay, otherwise they learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cnnlab.datasets import Dataset, load
from cnnlab.network.kernel_presets import KERNELS
from cnnlab.network.kernel_transplant import add_kernel, as_kernel, freeze
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import snapshots
from cnnlab.training.control import Control
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train

BEGUN = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits-8x8")


@pytest.fixture
def begun(tiny: NetworkSpec) -> NetworkSpec:
    return add_kernel(tiny, 0, as_kernel(KERNELS["sobel-vertical"].array))


def test_a_frozen_layer_stays_bit_for_bit(
    digits: Dataset, begun: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    # Decay of the weights would change them even without a gradient.
    spec = quick.replace(optimizer="AdamW", weight_decay=0.1)
    trained = train(freeze(begun, 0, True), spec, digits, folder=tmp_path)
    first, last = (snapshots.read(tmp_path, Moment(epoch)) for epoch in (0, 2))
    np.testing.assert_array_equal(first["conv2d"][0][:, :, 0, 0], BEGUN)
    assert [array.tobytes() for array in last["conv2d"]] == [array.tobytes() for array in first["conv2d"]]
    assert [array.tobytes() for array in trained.model.layers[0].get_weights()] == [
        array.tobytes() for array in first["conv2d"]
    ]
    assert (last["dense"][0] != first["dense"][0]).all()


def test_it_stays_when_the_run_is_gone_on_with(
    digits: Dataset, begun: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    questions = iter(range(9))
    stopped = train(
        freeze(begun, 0, True),
        quick,
        digits,
        control=lambda: Control(stop=next(questions, None) is None),
        folder=tmp_path,
    )
    assert (stopped.reason, len(stopped.epochs)) == ("stopped", 1)
    resumed = train(freeze(begun, 0, True), quick, digits, folder=tmp_path)
    assert len(resumed.epochs) == 2
    np.testing.assert_array_equal(resumed.model.layers[0].get_weights()[0][:, :, 0, 0], BEGUN)
    assert resumed.model.layers[0].trainable_weights == []


def test_a_layer_that_learns_begins_with_them(
    digits: Dataset, begun: NetworkSpec, tiny: NetworkSpec, quick: TrainingSpec, tmp_path: Path
) -> None:
    train(begun, quick, digits, folder=tmp_path)
    first, last = (snapshots.read(tmp_path, Moment(epoch)) for epoch in (0, 2))
    np.testing.assert_array_equal(first["conv2d"][0][:, :, 0, 0], BEGUN)
    assert first["conv2d"][1].tolist() == [0, 0]
    moved = last["conv2d"][0][:, :, 0, 0]
    assert (moved != BEGUN).any() and np.abs(moved - BEGUN).max() < 0.5
    (tmp_path / "plain").mkdir()
    train(tiny, quick, digits, folder=tmp_path / "plain")
    plain = snapshots.read(tmp_path / "plain", Moment(0))
    np.testing.assert_array_equal(first["conv2d"][0][..., 1], plain["conv2d"][0][..., 1])
    np.testing.assert_array_equal(first["dense"][0], plain["dense"][0])
