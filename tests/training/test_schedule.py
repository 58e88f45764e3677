"""The learning rate of the preview against Keras's own schedules, and against what training reports."""

from __future__ import annotations

import math
from typing import Any

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.datasets import load
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.schedule import cosine_epochs, keras_schedule, learning_rate
from cnnlab.training.spec import TrainingSpec
from cnnlab.training.train import train

STEPS = 20
KINDS: dict[str, dict[str, Any]] = {
    "step": {"schedule": "step", "decay_rate": 0.3, "decay_epochs": 3},
    "step-in-part": {"schedule": "step", "decay_rate": 0.7, "decay_epochs": 0.25},
    "exponential": {"schedule": "exponential", "decay_rate": 0.3, "decay_epochs": 2.5},
    "exponential-flat": {"schedule": "exponential", "decay_rate": 1, "decay_epochs": 1},
    "cosine": {"schedule": "cosine", "warmup_epochs": 0},
    "cosine-warm": {"schedule": "cosine", "warmup_epochs": 2},
    "cosine-warm-in-part": {"schedule": "cosine", "warmup_epochs": 0.5},
    "cosine-only-warm": {"schedule": "cosine", "warmup_epochs": 8},
    "cosine-warm-for-too-long": {"schedule": "cosine", "warmup_epochs": 12},
}


def made(training: TrainingSpec, steps: int) -> Any:
    found = keras_schedule(training, steps)
    assert found is not None
    name, arguments = found
    return getattr(keras.optimizers.schedules, name)(**arguments)


@pytest.mark.parametrize("peak", [0.001, 3.0])
@pytest.mark.parametrize("kind", KINDS)
def test_the_preview_is_what_keras_does(kind: str, peak: float) -> None:
    training = TrainingSpec(epochs=8, learning_rate=peak, **KINDS[kind])
    schedule = made(training, STEPS)
    for step in range(training.epochs * STEPS + 1):
        # Keras reckons in 32 bits, so near zero only so much of the peak is exact.
        expected = pytest.approx(float(schedule(step)), rel=1e-6, abs=1e-6 * peak)
        assert learning_rate(training, step / STEPS) == expected, step


def test_by_hand() -> None:
    def rates(*epochs: float, **settings: Any) -> list[float]:
        training = TrainingSpec(epochs=8, learning_rate=1.0, **settings)
        return [round(learning_rate(training, epoch), 6) for epoch in epochs]

    assert rates(0, 3.5, 8) == [1, 1, 1]
    assert rates(0, 4.9, 5, 8, schedule="step") == [1, 1, 0.5, 0.5]
    assert rates(0, 2.5, 5, schedule="exponential") == [1, 0.707107, 0.5]
    assert rates(0, 4, 8, 9, schedule="cosine", warmup_epochs=0) == [1, 0.5, 0, 0]
    assert rates(0, 1, 2, 5, 8, schedule="cosine", warmup_epochs=2) == [0, 0.5, 1, 0.5, 0]
    # A warm-up that outlasts the training: the top is never reached.
    assert rates(0, 4, 8, schedule="cosine", warmup_epochs=16) == [0, 0.25, 0.5]


def test_the_classes_of_keras_and_their_arguments() -> None:
    training = TrainingSpec(epochs=8, learning_rate=0.1)
    assert keras_schedule(training, 10) is None
    assert keras_schedule(training.replace(schedule="step", decay_epochs=1.25), 10) == (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 12, "decay_rate": 0.5, "staircase": True},
    )
    assert keras_schedule(training.replace(schedule="cosine"), 10) == (
        "CosineDecay",
        {"initial_learning_rate": 0.0, "warmup_target": 0.1, "warmup_steps": 10, "decay_steps": 70},
    )
    assert keras_schedule(training.replace(schedule="cosine", warmup_epochs=0), 10) == (
        "CosineDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 80},
    )
    assert [cosine_epochs(training.replace(warmup_epochs=epochs)) for epochs in (0, 2.5, 8, 99)] == [8, 5.5, 1, 1]


@pytest.mark.parametrize("kind", ["constant", "step-in-part", "exponential", "cosine-warm", "cosine-only-warm"])
def test_training_goes_by_it(tiny: NetworkSpec, kind: str) -> None:
    # 100 images in batches of 25: 4 steps an epoch, and every length is a whole number of steps.
    training = TrainingSpec(
        dataset="digits-8x8", train_size=100, validation="test", batch_size=25, epochs=3, learning_rate=0.01,
        **KINDS.get(kind, {}),
    )  # fmt: skip
    epochs = train(tiny, training, load("digits-8x8")).epochs
    assert [epoch.learning_rate for epoch in epochs] == [
        pytest.approx(learning_rate(training, epoch), rel=1e-5, abs=1e-9) for epoch in (1, 2, 3)
    ]


@given(
    st.sampled_from(["constant", "step", "exponential", "cosine"]),
    st.floats(0, 100, exclude_min=True),
    st.floats(0, 1, exclude_min=True),
    st.floats(0, 1000, exclude_min=True),
    st.floats(0, 100),
    st.integers(1, 1000),
    st.floats(0, 1),
)
def test_any_settings_give_a_rate(
    schedule: Any, peak: float, rate: float, decay: float, warmup: float, epochs: int, share: float
) -> None:
    """Also those that only a stranger's link would hold."""
    training = TrainingSpec(
        schedule=schedule, learning_rate=peak, decay_rate=rate, decay_epochs=decay, warmup_epochs=warmup, epochs=epochs
    )
    found = learning_rate(training, epochs * share)
    assert math.isfinite(found) and 0 <= found <= peak
    for steps in (1, 7):
        name, arguments = keras_schedule(training, steps) or ("", {})
        assert all(value >= 1 for key, value in arguments.items() if key.endswith("_steps")), name
