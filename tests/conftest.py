"""What all tests share: quiet TensorFlow, a home of their own, and the smallest network and settings that learn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from cnnlab.lab.lab import Lab
from cnnlab.network.layers import Conv2D, Dense, Flatten
from cnnlab.network.spec import NetworkSpec
from cnnlab.settings import Settings
from cnnlab.training.spec import TrainingSpec
from tests.waiting import wait_until

BROWSER = Path(__file__).parent / "browser"

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

settings.register_profile(
    "cnnlab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("cnnlab")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that drive a browser, and those that use the Lab with workers, so that both can be left out.

    Tests that start workers of their own carry the mark `engine` themselves.
    """
    for item in items:
        if BROWSER in item.path.parents:
            item.add_marker("browser")
        elif "working_lab" in getattr(item, "fixturenames", ()):
            item.add_marker("engine")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give up priority: little for the tests with a browser, which come first, and all of it for the others.

    Workers that train have the lowest priority. At the usual one, the other process (with -n 2), its server or its
    browser would keep them from training for minutes.
    """
    if os.name == "posix":
        psutil.Process().nice(15 if BROWSER in item.path.parents else 19)


@pytest.fixture(autouse=True, scope="session")
def home_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test meets the real CNNLAB_HOME."""
    home = tmp_path_factory.mktemp("home")
    os.environ["CNNLAB_HOME"] = str(home)
    return home


@pytest.fixture(scope="session")
def working_lab(tmp_path_factory: pytest.TempPathFactory, home_of_its_own: Path) -> Iterator[Lab]:
    """A Lab with its workers, shared by all tests of this process that leave it whole."""
    one = Lab(Settings(home=tmp_path_factory.mktemp("lab")))
    wait_until(lambda: one.engine.state == "ready")
    yield one
    one.close()


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
