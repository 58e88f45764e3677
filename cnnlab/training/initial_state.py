"""The initial state of a run besides its settings: weights of another run's snapshot, and additional training images.

Both are stored in the run's own folder, so that it can be repeated and resumed even if the other run is deleted. The
folder of an imported run is foreign, so the images are read within size limits, like drawings.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cnnlab import files
from cnnlab.errors import TrainingError
from cnnlab.i18n.marks import N_
from cnnlab.network.spec import NetworkSpec
from cnnlab.network.start import Start
from cnnlab.network.summary import format_shape, summarize
from cnnlab.training import snapshots
from cnnlab.training.drawings_file import MAX_ARRAY_BYTES
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.split import Split

CHECKPOINT = "checkpoint.json"
"""File of a run that can be resumed; see `checkpoint`, which needs TensorFlow."""
FOLDER = "begin"
"""Subfolder of the run's folder with the initial weights, stored as a snapshot."""
EXTRA = "extra.npz"

MAX_BYTES = 15_000_000
"""Maximum size of the images."""
MAX_WEIGHT = 100
MAX_SHOWN = 100_000
"""Maximum number of images times their weight."""


class Extra(NamedTuple):
    """Additional images uint8 (n, height, width, channels) and labels (n,), each shown `weight` times per epoch."""

    images: np.ndarray
    labels: np.ndarray
    weight: int = 1


@dataclass(frozen=True, eq=False)
class InitialState:
    """The initial weights and additional images of a run; by default random weights and no images.

    The weights are those of all layers, or of the first ones (`network.start`).
    """

    weights: Weights | None = None
    extra: Extra | None = None

    def add_to(self, images: Split, classes: int) -> Split:
        """Add the extra images to the training images; validation images are unchanged.

        Raises:
            TrainingError: the extra images do not match the dataset.
        """
        if self.extra is None:
            return images
        check_extra(self.extra, images.x_train.shape[1:], classes)
        more = (np.repeat(array, self.extra.weight, axis=0) for array in (self.extra.images, self.extra.labels))
        return images.add_images(*more)


NO_INITIAL_STATE = InitialState()


def save(folder: Path, initial: InitialState) -> None:
    """Write an initial state to a run's folder; create the folder if necessary."""
    if initial.weights is not None:
        snapshots.save(folder / FOLDER, Moment(0), initial.weights)
    if initial.extra:
        images, labels, weight = initial.extra
        with files.replacing(folder / EXTRA) as unfinished:
            np.savez_compressed(unfinished, x=images, y=labels, weight=np.array(weight))


def read(folder: Path) -> InitialState:
    """Read the initial state in a run's folder.

    Raises:
        CNNLabError: a file is damaged.
    """
    weights = snapshots.read(folder / FOLDER, Moment(0)) if (folder / FOLDER).exists() else None
    if not (folder / EXTRA).exists():
        return InitialState(weights)
    try:
        with zipfile.ZipFile(folder / EXTRA) as archive:
            images, labels, weight = (files.read_array(archive, name, MAX_ARRAY_BYTES) for name in ("x", "y", "weight"))
        extra = Extra(images, labels.astype(np.int64), int(weight))
    except files.DAMAGED as error:
        raise TrainingError(
            N_("The additional training images of this run are damaged ({reason})."),
            N_("Start a new run."),
            reason=str(error).rstrip("."),
        ) from None
    return InitialState(weights, extra)


def check_extra(extra: Extra, shape: tuple[int, ...], classes: int) -> None:
    """Check that images can be added to a dataset with images of `shape` (height, width, channels).

    Raises:
        TrainingError: they cannot.
    """
    images, labels, weight = extra
    if images.dtype != np.uint8 or images.shape[1:] != shape or labels.shape != images.shape[:1]:
        raise TrainingError(
            N_("The images to add should be uint8 {expected} with one label each; received {received}."),
            N_("Choose images from the run's dataset."),
            expected=format_shape(shape),
            received=f"{images.dtype} {format_shape(images.shape[1:])}, {len(images):,} / {labels.size:,}",
        )
    if not len(labels) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise TrainingError(
            N_("The labels of the images to add should be whole numbers from 0 to {highest}, at least one."),
            N_("Choose images from the run's dataset."),
            highest=classes - 1,
        )
    if not 1 <= weight <= MAX_WEIGHT or images.nbytes > MAX_BYTES or len(images) * weight > MAX_SHOWN:
        raise TrainingError(
            N_(
                "Too many images to add: {count:,} × {weight}. The limits are {bytes:.0f} MB, 1 to {most_weight} "
                "repeats per image, and {shown:,} images in total."
            ),
            N_("Add fewer images, or repeat them less often."),
            count=len(images),
            weight=weight,
            bytes=MAX_BYTES / 1e6,
            most_weight=MAX_WEIGHT,
            shown=MAX_SHOWN,
        )


def check_weights(network: NetworkSpec, weights: Weights) -> None:
    """Check that a network can start from given weights: as many layers with weights, with the same sizes.

    Raises:
        TrainingError: it cannot.
    """
    needed = [row.parameters for row in summarize(network).rows if row.parameters]
    given = [sum(array.size for array in arrays) for arrays in weights.values()]
    if needed != given:
        raise _mismatch(" · ".join(f"{count:,}" for count in needed), " · ".join(f"{count:,}" for count in given))


def set_weights(model: Any, network: NetworkSpec, weights: Weights | None) -> None:
    """Set the weights of a Keras model, layer by layer in order; None leaves it unchanged.

    Args:
        weights: of all layers, or of those that start with another network's weights (`network.taken`).

    Raises:
        TrainingError: the shapes do not match the model, or the network needs weights and there are none.
    """
    if weights is None:
        if network.start:
            raise _no_weights(network.start)
        return
    layers = [layer for layer in model.layers if layer.weights]
    if network.start and len(weights) == network.start.taken:
        layers = layers[: network.start.taken]
    needed = [[tuple(array.shape) for array in layer.weights] for layer in layers]
    given = [[array.shape for array in arrays] for arrays in weights.values()]
    if needed != given:
        raise _mismatch(str(needed), str(given))
    for layer, arrays in zip(layers, weights.values(), strict=True):
        layer.set_weights(arrays)


def _no_weights(start: Start) -> TrainingError:
    return TrainingError(
        N_("The first layers start with the weights of the run {run}, but these weights were not given."),
        N_("Start the run in the Lab that has it, or leave out “start” to train from scratch."),
        run=start.run,
    )


def _mismatch(needed: str, given: str) -> TrainingError:
    return TrainingError(
        N_("The network cannot start from these weights: its layers have {needed}, but received {given}."),
        N_("Leave the layers with weights unchanged."),
        needed=needed,
        given=given,
    )
