"""What the Lab can say of the inside of a network: weights, feature maps, explanations, for any run and moment.

Weights are read here, as plain arrays; what needs Keras is asked of the inference worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnnlab import builtin
from cnnlab.engine.client import Engine
from cnnlab.errors import CNNLabError
from cnnlab.marks import N_
from cnnlab.network.shapes import written
from cnnlab.runs.record import Run
from cnnlab.runs.store import RunStore
from cnnlab.training import snapshots
from cnnlab.training.snapshots import Moment, Weights


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a network says `target` to an image.

    Attributes:
        probabilities: float32 (classes,).
        grad_cam: float32 (height, width) in 0..1, where the last feature maps speak for the target; None for a network
            without feature maps.
        saliency: float32 (height, width) in 0..1, how much each pixel would change the target's score.
        occlusion: float32 (height, width), by how much the target's probability falls when that place is covered.
    """

    target: int
    probabilities: np.ndarray
    grad_cam: np.ndarray | None
    saliency: np.ndarray
    occlusion: np.ndarray


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Training images that look alike to a network, nearest first.

    Attributes:
        indices: int64 (n,) into the training images.
        distances: cosine distances float32 (n,), 0 to 2.
        images: uint8 (n, height, width, channels).
        labels: int64 (n,).
        searched: among how many training images they were found.
    """

    indices: np.ndarray
    distances: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    searched: int


class Inside:
    """The part of the Lab that looks into networks.

    Every method that takes an image wants it float32 (height, width, channels) in 0..1, and raises:
        CNNLabError: the weights of that moment are gone, or the image is not of the network's input shape.
        EngineError: the workers are not there.
    """

    store: RunStore
    engine: Engine

    def folder(self, run: str) -> Path:
        """Where the run's files are."""
        return builtin.folder(run) if run in builtin.NAMES else self.store.folder(run)

    def moments(self, run: str) -> list[Moment]:
        """The moments of its training that the run has kept so far, in order."""
        return snapshots.moments(self.folder(run))

    def has_moments(self, run: str) -> bool:
        """Whether it has kept any."""
        return snapshots.any_kept(self.folder(run))

    def snapshot_bytes(self, run: str) -> int:
        """How much the run's moments take."""
        return snapshots.size(self.folder(run))

    def weights(self, run: str, moment: Moment) -> Weights:
        """Layer name -> its arrays at that moment; CNNLabError where they are gone."""
        return snapshots.read(self.folder(run), moment)

    def feature_maps(self, run: Run, moment: Moment, image: np.ndarray) -> dict[str, np.ndarray]:
        """Layer name -> its output for `image`, without the batch."""
        maps: dict[str, np.ndarray] = self._ask("feature_maps", run, moment, image)
        return maps

    def probabilities(self, run: Run, moment: Moment, images: np.ndarray) -> np.ndarray:
        """Class probabilities float32 (n, classes) for `images` (n, height, width, channels)."""
        _fits(run, images[0])
        answers: np.ndarray = self.engine.call("probabilities", *self._which(run, moment), images)
        return answers

    def explain(self, run: Run, moment: Moment, image: np.ndarray, target: int | None = None) -> Explanation:
        """Why the network says `target` (None: its first guess) to `image`."""
        return Explanation(**self._ask("explain", run, moment, image, target))

    def nearest(self, run: Run, moment: Moment, image: np.ndarray, count: int) -> Neighbours:
        """The training images that look most like `image` to the network's last hidden layer."""
        _fits(run, image)
        found = self.engine.call("nearest", *self._which(run, moment), run.training.dataset, image, count)
        return Neighbours(**found)

    def towards(
        self, run: Run, moment: Moment, image: np.ndarray, target: int, steps: int = 60
    ) -> tuple[np.ndarray, np.ndarray]:
        """The images on the way from `image` to what the network takes for `target`, and its answers to them.

        float32 (taken + 1, height, width, channels) and (taken + 1, classes).
        """
        way: tuple[np.ndarray, np.ndarray] = self._ask("towards", run, moment, image, target, steps)
        return way

    def predict(self, run: str, images: np.ndarray) -> np.ndarray:
        """Class probabilities float32 (n, classes) of a run, for images float32 (n, height, width, channels) in 0..1.

        Raises:
            CNNLabError: the run has no weights yet.
            EngineError: the workers are not there.
        """
        probabilities: np.ndarray = self.engine.call("predict", str(self.folder(run)), images)
        return probabilities

    def surgery(
        self, run: Run, moment: Moment, layer: str, index: int, factor: float, image: np.ndarray
    ) -> tuple[float, float, np.ndarray, np.ndarray]:
        """Multiply a filter (kernel and bias) by `factor`: 0 switches it off, -1 flips its sign.

        Returns:
            The accuracy on 1,000 test images before and after, and the probabilities for `image` before and after.
        """
        _fits(run, image)
        cut = layer, index, factor
        result: tuple[float, float, np.ndarray, np.ndarray] = self.engine.call(
            "surgery", *self._which(run, moment), cut, run.training.dataset, image
        )
        return result

    def _which(self, run: Run, moment: Moment) -> tuple[str, str, tuple[int, int]]:
        """What tells the worker which network at which moment."""
        return run.network.to_json(), str(self.folder(run.id)), (moment.epoch, moment.step)

    def _ask(self, task: str, run: Run, moment: Moment, image: np.ndarray, *more: Any) -> Any:
        _fits(run, image)
        return self.engine.call(task, *self._which(run, moment), image, *more)


def _fits(run: Run, image: np.ndarray) -> None:
    if image.shape != run.network.input_shape:
        raise CNNLabError(
            N_("The picture is {picture}, but this network takes {network}."),
            N_("Choose a picture of that size, or another run."),
            picture=written(image.shape),
            network=written(run.network.input_shape),
        )
