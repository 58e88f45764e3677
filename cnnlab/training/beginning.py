"""What a run begins with besides its settings: the weights of a kept moment of another, and images to learn besides.

Both lie in the run's own folder, so that it can be repeated, and resumed, whatever becomes of the other run. A folder
can come from a stranger (a run that was brought in), so the images are read as drawings are: within bounds.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cnnlab.errors import TrainingError
from cnnlab.marks import N_
from cnnlab.network.shapes import summarize, written
from cnnlab.network.spec import NetworkSpec
from cnnlab.training import drawn, snapshots
from cnnlab.training.snapshots import Moment, Weights
from cnnlab.training.split import Split

CHECKPOINT = "checkpoint.json"
"""In the folder of a run that can go on; see `checkpoint`, which needs TensorFlow."""
FOLDER = "begin"
"""Below the run's folder; the weights lie in it as a moment does."""
EXTRA = "extra.npz"

MOST_BYTES = 15_000_000
"""Of the images."""
MOST_WEIGHT = 100
MOST_SHOWN = 100_000
"""Images times their weight."""


class Extra(NamedTuple):
    """Images uint8 (n, height, width, channels) and labels (n,), each shown `weight` times in an epoch."""

    images: np.ndarray
    labels: np.ndarray
    weight: int = 1


@dataclass(frozen=True, eq=False)
class Beginning:
    """What a run begins with; by default with nothing but its settings."""

    weights: Weights | None = None
    extra: Extra | None = None

    def added_to(self, images: Split, classes: int) -> Split:
        """The same with the extra images among the training images; the validation images stay what they are.

        Raises:
            TrainingError: they are not of the form of the others.
        """
        if self.extra is None:
            return images
        check_extra(self.extra, images.x_train.shape[1:], classes)
        more = (np.repeat(array, self.extra.weight, axis=0) for array in (self.extra.images, self.extra.labels))
        return images.with_more(*more)


NOTHING = Beginning()


def keep(folder: Path, beginning: Beginning) -> None:
    """Write it to a run's folder, which is made."""
    if beginning.weights is not None:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        snapshots.keep(folder / FOLDER, Moment(0), beginning.weights)
    if beginning.extra:
        folder.mkdir(parents=True, exist_ok=True)
        images, labels, weight = beginning.extra
        unfinished = folder / f"unfinished-{EXTRA}"
        np.savez_compressed(unfinished, x=images, y=labels, weight=np.array(weight))
        unfinished.replace(folder / EXTRA)


def read(folder: Path) -> Beginning:
    """What a run's folder holds of it.

    Raises:
        CNNLabError: a file is damaged.
    """
    weights = snapshots.read(folder / FOLDER, Moment(0)) if (folder / FOLDER).exists() else None
    if not (folder / EXTRA).exists():
        return Beginning(weights)
    try:
        with zipfile.ZipFile(folder / EXTRA) as archive:
            images, labels, weight = (drawn.read_array(archive, name) for name in ("x", "y", "weight"))
        extra = Extra(images, labels.astype(np.int64), int(weight))
    except drawn.DAMAGED as error:
        raise TrainingError(
            N_("The images that this run learns besides are damaged ({reason})."),
            N_("Start a new run."),
            reason=str(error).rstrip("."),
        ) from None
    return Beginning(weights, extra)


def check_extra(extra: Extra, shape: tuple[int, ...], classes: int) -> None:
    """See that images can be added to those of a dataset, of `shape` (height, width, channels).

    Raises:
        TrainingError: they cannot.
    """
    images, labels, weight = extra
    if images.dtype != np.uint8 or images.shape[1:] != shape or labels.shape != images.shape[:1]:
        raise TrainingError(
            N_("The images to be added should be uint8 {expected} with one label each; received {received}."),
            N_("Choose images of the run's own dataset."),
            expected=written(shape),
            received=f"{images.dtype} {written(images.shape[1:])}, {len(images):,} / {labels.size:,}",
        )
    if not len(labels) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise TrainingError(
            N_("The labels of the images to be added should be whole numbers from 0 to {highest}, at least one."),
            N_("Choose images of the run's own dataset."),
            highest=classes - 1,
        )
    if not 1 <= weight <= MOST_WEIGHT or images.nbytes > MOST_BYTES or len(images) * weight > MOST_SHOWN:
        raise TrainingError(
            N_(
                "Too much to be added: {count:,} images, each {weight} times. At most {bytes:.0f} MB of images, each "
                "1 to {most_weight} times, and no more than {shown:,} together."
            ),
            N_("Add fewer images, or each less often."),
            count=len(images),
            weight=weight,
            bytes=MOST_BYTES / 1e6,
            most_weight=MOST_WEIGHT,
            shown=MOST_SHOWN,
        )


def check_weights(network: NetworkSpec, weights: Weights) -> None:
    """See that a network can begin with the weights of another: as many layers with weights, of the same sizes.

    Raises:
        TrainingError: it cannot.
    """
    needed = [row.parameters for row in summarize(network).rows if row.parameters]
    given = [sum(array.size for array in arrays) for arrays in weights.values()]
    if needed != given:
        raise _foreign(" · ".join(f"{count:,}" for count in needed), " · ".join(f"{count:,}" for count in given))


def set_weights(model: Any, weights: Weights | None) -> None:
    """Let a Keras model begin with given weights, layer by layer in their order; None leaves it as it is.

    Raises:
        TrainingError: they are not this network's.
    """
    if weights is None:
        return
    layers = [layer for layer in model.layers if layer.weights]
    needed = [[tuple(array.shape) for array in layer.weights] for layer in layers]
    given = [[array.shape for array in arrays] for arrays in weights.values()]
    if needed != given:
        raise _foreign(str(needed), str(given))
    for layer, arrays in zip(layers, weights.values(), strict=True):
        layer.set_weights(arrays)


def _foreign(needed: str, given: str) -> TrainingError:
    return TrainingError(
        N_("The network cannot begin with these weights: its layers have {needed}, but received {given}."),
        N_("Keep the layers that have weights as they were."),
        needed=needed,
        given=given,
    )
