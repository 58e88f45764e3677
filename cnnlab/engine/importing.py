"""The inference worker's function that reads a `.keras` file from somewhere. Needs TensorFlow.

Which network it holds was found out before, from its description alone (`network.keras_file`).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np

from cnnlab.engine.exporting import with_weights
from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.network.foreign import for_unit, white
from cnnlab.network.shapes import keras_names
from cnnlab.network.spec import NetworkSpec
from cnnlab.training.snapshots import Weights

TRIED = 8
"""Pictures of random numbers on which both have to agree."""
TOLERANCE = 1e-4


def take_in(file: str, network: str) -> tuple[dict[str, tuple[np.ndarray, ...]], bytes]:
    """The weights in the `.keras` file at the path `file`, which `keras_file.read_file` found to be `network` (JSON).

    Returns:
        Layer name -> its arrays, and the Lab's own `.keras` file of the network with them, for pixels from 0 to 1.

    Raises:
        CNNLabError: the file cannot be read, or the Lab's network gives other answers with its weights.
    """
    spec = NetworkSpec.from_json(network)
    try:
        theirs = keras.saving.load_model(file, compile=False, safe_mode=True)
        weights = _weights(theirs, spec)
        ours = with_weights(for_unit(spec), weights)
    # A stranger's file: Keras, h5py and TensorFlow each have errors of their own for what is wrong with it.
    except Exception as error:
        raise CNNLabError(
            N_("Keras cannot read the file ({reason})."),
            N_("Choose a file that Keras 3 wrote: model.save('model.keras')."),
            reason=f"{type(error).__name__}: {str(error)[:200]}",
        ) from error
    _compare(theirs, ours, spec)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "model.keras"
        ours.save(path)
        return dict(weights), path.read_bytes()


def _weights(theirs: keras.Model, spec: NetworkSpec) -> Weights:
    layers = zip(theirs.layers, keras_names(spec), strict=True)
    return {
        name: tuple(np.asarray(array, np.float32) for array in layer.get_weights())
        for layer, name in layers
        if layer.weights
    }


def _compare(theirs: keras.Model, ours: keras.Model, spec: NetworkSpec) -> None:
    images = np.random.default_rng(0).random((TRIED, *spec.input_shape), np.float32)
    expected, received = (
        np.asarray(model(given, training=False), np.float32)
        for model, given in ((theirs, white(spec) * images), (ours, images))
    )
    if not np.allclose(expected, received, atol=TOLERANCE, equal_nan=True):
        raise CNNLabError(
            N_("With these weights the Lab's network gives other answers than the model: they differ by {most:.2g}."),
            N_("The Lab computes in float32; save the model with that precision."),
            most=float(np.abs(expected - received).max()),
        )
