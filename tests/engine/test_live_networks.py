"""Messages for the browser: float16 only where a worker has measured that it hardly changes a probability."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.export import live_network
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec
from tests.waiting import ended

END, ROUNDED, LARGE = Moment(1), Moment(2), Moment(3)
NETWORK = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=1100), Dense(activation="softmax")))
"""Just large enough for rounding to be worth it."""


def is_half(message: bytes) -> bool:
    return b'"half":true' in message


def test_weights_are_rounded_if_that_changes_little(lab: Lab) -> None:
    run = ended(lab, lab.runs.start(NETWORK, TrainingSpec(dataset="digits-8x8", train_size=200, epochs=1)))
    folder, weights = lab.store.folder(run.id), lab.snapshots.weights(run.id, END)
    snapshots.save(folder, ROUNDED, live_network.rounded(weights))
    images = lab.datasets.get("digits-8x8").x_test[:200].astype(np.float32) / 255
    exact, changed = (lab.inference.probabilities(run, moment, images) for moment in (END, ROUNDED))
    change = float(np.abs(exact - changed).max())
    assert lab.inference.rounding_change(run, END) == pytest.approx(change, abs=1e-6)
    assert 0 < change < 0.001
    assert is_half(lab.live_networks.message(run, END))
    assert lab.live_networks.message(run, END) is lab.live_networks.message(run, END)

    # Steep units: a small difference before the softmax decides.
    snapshots.save(folder, LARGE, {name: tuple(array * 40 for array in arrays) for name, arrays in weights.items()})
    assert lab.inference.rounding_change(run, LARGE) > 0.001
    assert not is_half(lab.live_networks.message(run, LARGE))
    # A value that is too large for float16 becomes infinite.
    snapshots.save(folder, LARGE, {name: tuple(array * 1e7 for array in arrays) for name, arrays in weights.items()})
    assert np.isnan(lab.inference.rounding_change(run, LARGE))
    assert not is_half(lab.live_networks.message(run, LARGE))
