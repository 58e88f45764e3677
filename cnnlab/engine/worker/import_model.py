"""Examine and import foreign model files in the inference worker. Needs TensorFlow.

The network and its weights are read without Keras (`network.keras_weights`). A file of Keras 3 is then also loaded, if
it names only Keras's own classes, to check that the Lab's network makes the same predictions.
"""

from __future__ import annotations

import itertools
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from cnnlab.datasets import DATASETS, available
from cnnlab.engine.worker.export import with_weights
from cnnlab.engine.worker.inference import load_dataset
from cnnlab.errors import CNNLabError
from cnnlab.evaluation.pixel_fit import Fit, measure
from cnnlab.i18n.marks import N_
from cnnlab.network.foreign_pixels import with_pixels
from cnnlab.network.from_keras import ForeignNetwork, matching_datasets, with_softmax
from cnnlab.network.keras_archive import MEMBERS, check_origin
from cnnlab.network.keras_weights import ModelFile
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.summary import check
from cnnlab.training.snapshots import Weights

CHECKED_IMAGES = 8
"""Random images for which both models have to make the same predictions, up to `TOLERANCE`."""
TOLERANCE = 1e-4


def examine(file: str, name: str, max_parameters: int) -> tuple[ForeignNetwork, Weights, tuple[Fit, ...]]:
    """Read a model file, and measure the network on the datasets that suit it, in each range of pixels.

    Args:
        file: its path.
        name: a name for the network.
        max_parameters: larger networks are refused.

    Returns:
        The network, its weights, and a fit for each suitable dataset on this computer and each range.

    Raises:
        NetworkError: the Lab does not support the network.
        CNNLabError: the file cannot be read, or Keras makes different predictions from it.
    """
    stored = ModelFile(Path(file).read_bytes())
    foreign = stored.network(name)
    info = DATASETS[matching_datasets(foreign.network)[0]]
    check(foreign.network, info.input_shape, len(info.class_names), max_parameters)
    if stored.keras_3:
        check_origin({key: part for key, part in stored.description.items() if key != "compile_config"})
    weights = stored.weights(foreign)
    ours = with_weights(foreign.network, weights)
    if stored.keras_3:
        _compare(_load(file, stored.description), ours)
    fits = [measure(ours.predict_on_batch, load_dataset(dataset)) for dataset in _measurable(foreign)]
    return foreign, weights, tuple(itertools.chain(*fits))


def convert(network: NetworkSpec, weights: Weights, pixels: str, softmax: bool) -> tuple[str, bytes]:
    """Convert a network that was examined; its weights stay the same.

    Args:
        pixels: the range of pixels that the network expects, a key of `foreign_pixels.RANGES`.
        softmax: add a softmax after the last layer.

    Returns:
        The network for the Lab's pixels as JSON, and its `.keras` file.
    """
    network = with_pixels(with_softmax(network) if softmax else network, pixels)
    model = with_weights(network, weights)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return network.to_json(), path.read_bytes()


def _compare(theirs: keras.Model, ours: keras.Model) -> None:
    images = np.random.default_rng(0).random((CHECKED_IMAGES, *ours.input_shape[1:]), np.float32)
    given = images.reshape((CHECKED_IMAGES, *theirs.input_shape[1:]))
    expected, received = (
        np.asarray(model(pixels, training=False), np.float32) for model, pixels in ((theirs, given), (ours, images))
    )
    if not np.allclose(expected, received, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
        raise CNNLabError(
            N_("With these weights, the predictions of the Lab's network and of the model differ by up to {most:.2g}."),
            N_("Save the model again with the newest Keras 3, or build it from other layers."),
            most=float(np.abs(expected - received).max()),
        )


def _load(file: str, description: dict[str, Any]) -> keras.Model:
    """Load a `.keras` file with Keras, in float32 whatever its layers compute in."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        with zipfile.ZipFile(file) as original, zipfile.ZipFile(path, "w") as copy:
            for member in MEMBERS[1:]:
                copy.writestr(member, original.read(member))
            copy.writestr(MEMBERS[0], json.dumps(_in_float32({**description, "compile_config": None})))
        try:
            return keras.saving.load_model(path, compile=False, safe_mode=True)
        # An untrusted file: Keras, h5py and TensorFlow raise many kinds of exceptions for damaged ones.
        except Exception as error:
            raise CNNLabError(
                N_("Keras cannot read the file ({reason})."),
                N_("Choose a file saved by Keras: model.save('model.keras')."),
                reason=f"{type(error).__name__}: {str(error)[:200]}",
            ) from error


def _in_float32(description: Any) -> Any:
    """Return a description with the policy float32 in place of any other."""
    if isinstance(description, list):
        return [_in_float32(part) for part in description]
    if not isinstance(description, dict):
        return description
    changed = {key: _in_float32(part) for key, part in description.items()}
    if changed.get("class_name") == "DTypePolicy":
        changed["config"] = {"name": "float32"}
    return changed


def _measurable(foreign: ForeignNetwork) -> list[str]:
    """Return the suitable datasets on this computer; a part of one of them tells nothing more."""
    found = [name for name in matching_datasets(foreign.network) if available(name)]
    return [name for name in found if DATASETS[name].part_of not in found]
