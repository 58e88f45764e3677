"""The model of an external script as a network of the Lab. Needs TensorFlow, like the script itself."""

from __future__ import annotations

from typing import get_args

import keras
import numpy as np
from pydantic import ValidationError

from cnnlab.datasets import Dataset
from cnnlab.errors import TrainingError
from cnnlab.evaluation.pixel_fit import Fit, beats_guessing, best_first, describe, measure, rivals
from cnnlab.i18n.marks import N_
from cnnlab.network.build import assign_weights, build
from cnnlab.network.foreign_pixels import UNIT, with_pixels
from cnnlab.network.from_keras import from_keras, with_softmax
from cnnlab.network.keras_archive import check_origin
from cnnlab.network.keras_chain import KerasLayer, Note, excerpt, note
from cnnlab.network.keras_weights import complete_arrays
from cnnlab.network.summary import summarize
from cnnlab.training.snapshots import Weights
from cnnlab.training.spec import Loss, Optimizer, TrainingSpec

_LOSSES = {
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
}
"""Class of a Keras loss -> name of its function."""
MAX_EPOCHS, MAX_BATCH_SIZE = 1000, 10_000
"""Limits of the settings shown in the Lab; the events contain the actual values."""


class RecordedModel:
    """A Keras model, and what the Lab knows about it.

    Attributes:
        network: the Lab's network for the Lab's pixels, 0 to 1.
        pixels: the range of pixels that the model is trained on, as far as was measured.
        fits: what was measured, the best first.

    Args:
        model: built and compiled.
        name: a name for the network.

    Raises:
        NetworkError: the Lab does not support the network.
    """

    def __init__(self, model: keras.Model, name: str) -> None:
        self._model = model
        description = {**keras.saving.serialize_keras_object(model), "compile_config": None}
        foreign = from_keras(description, name, self._arrays)
        check_origin(description)
        logits = foreign.outputs_scores and getattr(model.loss, "from_logits", False)
        self._given = with_softmax(foreign.network) if logits else foreign.network
        self._sources = (*foreign.sources, None) if logits else foreign.sources
        self.network, self.pixels = self._given, UNIT
        self.fits: list[Fit] = []

    def weights(self) -> Weights:
        """Return the present weights by the Lab's layer names."""
        rows = zip(summarize(self._given).rows, self._sources, strict=True)
        return {
            row.name: tuple(complete_arrays(source, self._arrays)) for row, source in rows if source and row.parameters
        }

    def final(self) -> keras.Sequential:
        """Return the Lab's network with the present weights."""
        model = build(self.network)
        assign_weights(model.layers, self.weights())
        return model

    def measure(self, dataset: Dataset) -> bool:
        """Measure which range of pixels the model is trained on; return whether the network was changed for it."""
        shape = self._model.input_shape[1:]
        fits = measure(lambda images: self._predict(images.reshape((len(images), *shape))), dataset)
        self.fits = best_first(fits)
        pixels = self._likely()
        changed = pixels != self.pixels
        self.pixels, self.network = pixels, with_pixels(self._given, pixels)
        return changed

    def _likely(self) -> str:
        """Return the range of pixels that fits best; the Lab's own where that fits as well, or nothing does."""
        best = self.fits[0]
        likely = [best.pixels, *(fit.pixels for fit in rivals(self.fits))] if beats_guessing(best) else [UNIT]
        return UNIT if UNIT in likely else best.pixels

    def notes(self) -> list[Note]:
        """Return what is known about the range of pixels."""
        if not self.fits or not beats_guessing(self.fits[0]):
            return [note(N_("It could not be measured which pixels the script has; they are taken to be 0 to 1."))]
        return describe(self.fits, self.fits[0].dataset, self.pixels)

    def _predict(self, images: np.ndarray) -> np.ndarray:
        return np.asarray(self._model(images, training=False), np.float32)

    def _arrays(self, source: KerasLayer) -> list[np.ndarray]:
        layer: keras.Layer = self._model
        for name in source.names:
            layer = layer.get_layer(name)
        return [np.asarray(array, np.float32) for array in layer.get_weights()]


def settings_of(model: keras.Model, epochs: int, dataset: str, batch_size: int) -> TrainingSpec:
    """Return the training settings of a compiled model, as far as they are known.

    Raises:
        TrainingError: the Lab does not support the optimizer, the loss, or a value.
    """
    optimizer, loss = type(model.optimizer).__name__, model.loss
    loss = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    loss = _LOSSES.get(loss, loss)
    for received, known in ((optimizer, get_args(Optimizer)), (loss, get_args(Loss))):
        if received not in known:
            raise TrainingError(
                N_("The Recorder does not support “{received}”; expected one of {known}."),
                N_("Compile the model with one of these."),
                received=excerpt(received),
                known=", ".join(known),
            )
    rate = float(model.optimizer.learning_rate)
    try:
        training = TrainingSpec(
            dataset=dataset,
            validation="test",
            optimizer=optimizer,
            # A warm-up schedule starts at zero, which is no valid setting; the actual rate is in each epoch's report.
            learning_rate=min(max(rate, 1e-9), 100.0),
            batch_size=min(batch_size, MAX_BATCH_SIZE),
            epochs=min(epochs, MAX_EPOCHS),
            loss=loss,
            snapshots="epochs",
        )
        return training.replace(
            **{name: getattr(model.optimizer, name) or 0.0 for name in training.optimizer_arguments}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise TrainingError(
            N_("The Recorder does not support {name}={received} ({reason})."),
            N_("Choose a value that CNN Lab can train with."),
            name=".".join(map(str, first["loc"])),
            received=excerpt(first["input"]),
            reason=first["msg"],
        ) from None
