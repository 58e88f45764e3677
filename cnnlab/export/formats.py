"""The file formats that a run can be exported to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from cnnlab.i18n.marks import N_

CSV_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds", "learning_rate")
"""Columns of the history as CSV, named as in Keras and `events.Epoch`."""


class File(NamedTuple):
    """A file to download."""

    name: str
    content: bytes


class ModelFormat(NamedTuple):
    """A format of a trained network: its title (marked for translation) and the ending of its file names."""

    title: str
    ending: str


MODEL_FORMATS: Mapping[str, ModelFormat] = MappingProxyType(
    {
        "keras": ModelFormat(N_("Keras model (.keras)"), ".keras"),
        "weights": ModelFormat(N_("Weights only (.weights.h5)"), ".weights.h5"),
        "saved_model": ModelFormat(N_("TensorFlow SavedModel (.zip)"), "-saved-model.zip"),
        "litert": ModelFormat(N_("LiteRT, for phones and small devices (.tflite)"), ".tflite"),
        "onnx": ModelFormat(N_("ONNX, for other frameworks (.onnx)"), ".onnx"),
    }
)
"""The formats of `Exports.model_file`."""
