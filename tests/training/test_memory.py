"""The memory that a training needs: the sum by hand, and against what a real process takes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from cnnlab.errors import TrainingError
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import summarize
from cnnlab.training.memory import BASE_BYTES, check, required_bytes
from cnnlab.training.spec import TrainingSpec

NETWORK = NetworkSpec(
    input_shape=(8, 8, 1), layers=(Conv2D(filters=2), Flatten(), Dense(units=10, activation="softmax"))
)
TRAINING = TrainingSpec(dataset="digits-8x8", train_size=1000, batch_size=100)


def test_the_sum_by_hand() -> None:
    # 20 + 730 parameters; 6·6·2 + 72 + 10 outputs an image; 1,000 images and the test set's 360, of 64 pixels.
    expected = BASE_BYTES + 4 * 5 * 750 + 4 * 2.5 * 100 * 154 + 4 * 2 * (1000 + 360) * 64
    assert required_bytes(summarize(NETWORK), TRAINING) == expected


def test_what_does_not_fit_is_refused_with_an_estimate() -> None:
    wide = NetworkSpec(input_shape=(28, 28, 1), layers=(Conv2D(filters=512, padding="same"), *NETWORK.layers[1:]))
    training = TrainingSpec(dataset="mnist-5k", batch_size=4000)
    check(summarize(wide), training.replace(batch_size=16), available=8_000_000_000)
    with pytest.raises(TrainingError, match=r"needs about 3\d\.\d GB of memory .* has 8.0 GB left") as caught:
        check(summarize(wide), training, available=8_000_000_000)
    assert caught.value.remedy


_MEASURE = """
import json, resource, sys
from cnnlab.datasets import load
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train
network, training = NetworkSpec.from_json(sys.argv[1]), TrainingSpec.model_validate_json(sys.argv[2])
train(network, training, load(training.dataset))
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
"""


def test_the_estimate_is_within_a_factor_of_two_of_a_real_training() -> None:
    wide = NetworkSpec(input_shape=(8, 8, 1), layers=(Conv2D(filters=256, padding="same"), *NETWORK.layers[1:]))
    training = TRAINING.replace(batch_size=1000, epochs=1, train_size=1000)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, wide.to_json(), training.model_dump_json()],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    peak = json.loads(done.stdout.splitlines()[-1])
    assert peak / 2 < required_bytes(summarize(wide), training) < peak * 2
