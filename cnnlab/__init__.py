"""CNN Lab: build, train and look inside small convolutional neural networks.

Public names for scripts and notebooks. They are imported on first use, so that importing the package is fast and does
not load TensorFlow until it is needed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnlab.datasets import DATASETS as DATASETS
    from cnnlab.datasets import Dataset as Dataset
    from cnnlab.datasets import load as load
    from cnnlab.datasets.image_sets import ImageSets as ImageSets
    from cnnlab.errors import CNNLabError as CNNLabError
    from cnnlab.errors import DatasetError as DatasetError
    from cnnlab.errors import EngineError as EngineError
    from cnnlab.errors import NetworkError as NetworkError
    from cnnlab.errors import StoreError as StoreError
    from cnnlab.errors import TrainingError as TrainingError
    from cnnlab.lab.lab import Lab as Lab
    from cnnlab.network.build import build as build
    from cnnlab.network.layers import LAYERS as LAYERS
    from cnnlab.network.spec import NetworkSpec as NetworkSpec
    from cnnlab.network.summary import check as check
    from cnnlab.network.summary import summarize as summarize
    from cnnlab.recorder import Recorder as Recorder
    from cnnlab.settings import Settings as Settings
    from cnnlab.training.recipes import RECIPES as RECIPES
    from cnnlab.training.spec import TrainingSpec as TrainingSpec
    from cnnlab.training.train import train as train

_HOMES = {
    "DATASETS": "cnnlab.datasets",
    "LAYERS": "cnnlab.network.layers",
    "RECIPES": "cnnlab.training.recipes",
    "CNNLabError": "cnnlab.errors",
    "Dataset": "cnnlab.datasets",
    "DatasetError": "cnnlab.errors",
    "EngineError": "cnnlab.errors",
    "ImageSets": "cnnlab.datasets.image_sets",
    "Lab": "cnnlab.lab.lab",
    "NetworkError": "cnnlab.errors",
    "NetworkSpec": "cnnlab.network.spec",
    "Recorder": "cnnlab.recorder",
    "Settings": "cnnlab.settings",
    "StoreError": "cnnlab.errors",
    "TrainingError": "cnnlab.errors",
    "TrainingSpec": "cnnlab.training.spec",
    "build": "cnnlab.network.build",
    "check": "cnnlab.network.summary",
    "load": "cnnlab.datasets",
    "summarize": "cnnlab.network.summary",
    "train": "cnnlab.training.train",
}
"""Public name -> module that defines it."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
