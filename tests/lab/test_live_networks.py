"""Messages for the browser from a Lab without workers: nothing is rounded that loses by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cnnlab.errors import CNNLabError
from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.runs import builtin
from cnnlab.settings import Settings
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment
from cnnlab.training.spec import TrainingSpec

NETWORK = NetworkSpec(input_shape=(8, 8, 1), layers=(Flatten(), Dense(units=1200), Dense(activation="softmax")))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    found = Lab(Settings(home=tmp_path), start_engine=False)
    yield found
    found.close()


def test_the_built_in_networks_are_float16_already(lab: Lab) -> None:
    for run in builtin.runs():
        message = lab.live_networks.message(run, lab.snapshots.final(run.id))
        assert b'"half":true' in message
        assert len(message) < 420_000


def test_what_nobody_has_measured_is_sent_as_it_is(lab: Lab) -> None:
    run = lab.runs.get(lab.runs.start(NETWORK, TrainingSpec(dataset="digits-8x8")))
    folder = lab.store.folder(run.id)
    for value in (0.1, 0.5):
        snapshots.save(
            folder, Moment(0), {
                "dense": (np.full((64, 1200), value, np.float32), np.zeros(1200, np.float32)),
                "dense_1": (np.ones((1200, 10), np.float32), np.zeros(10, np.float32)),
            },
        )  # fmt: skip
        message = lab.live_networks.message(run, Moment(0))
        # A snapshot that was written again is another network. 0.5 can be stored exactly.
        assert lab.live_networks.key(run, Moment(0)).encode() in message
        assert (b'"half":true' in message) is (value == 0.5)
    with pytest.raises(CNNLabError, match="The weights of this snapshot are missing or damaged"):
        lab.live_networks.message(run, Moment(7))
