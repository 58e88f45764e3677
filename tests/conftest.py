"""What all tests share: quiet TensorFlow, a home of their own, and the smallest network and settings that learn."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.spec import TrainingSpec

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

settings.register_profile(
    "cnnlab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("cnnlab")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Lower this process's priority once the tests with a browser are behind it.

    Workers that train have the lowest one. With -n 2 a run in a browser would stand still while the other process
    computes at the usual priority.
    """
    if os.name == "posix" and "browser" not in item.path.parts:
        psutil.Process().nice(19)


@pytest.fixture(autouse=True, scope="session")
def home_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test meets the real CNNLAB_HOME."""
    home = tmp_path_factory.mktemp("home")
    os.environ["CNNLAB_HOME"] = str(home)
    return home


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the full sets: `CNNLAB_TEST_DATA`, or shared/data beside the repository."""
    folder = os.environ.get("CNNLAB_TEST_DATA")
    path = Path(folder) if folder else Path(__file__).parents[2] / "shared" / "data"
    if not (path / "mnist.npz").is_file():
        message = f"the full data sets are not in {path}; set CNNLAB_TEST_DATA"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def tiny() -> NetworkSpec:
    """Two 3×3 filters for the 8×8 digits."""
    return NetworkSpec(
        name="tiny",
        input_shape=(8, 8, 1),
        layers=(Conv2D(filters=2, activation="relu"), Flatten(), Dense(units=10, activation="softmax")),
    )


@pytest.fixture(scope="session")
def quick() -> TrainingSpec:
    """Two epochs of a second."""
    return TrainingSpec(dataset="digits-8x8", train_size=300, batch_size=50, epochs=2)
