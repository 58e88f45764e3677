"""Run networks on single images, for any run and snapshot. The inference worker does the computation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnlab.engine.client import Engine
from cnnlab.errors import CNNLabError
from cnnlab.evaluation.not_finite import NotFiniteError, not_finite
from cnnlab.i18n.marks import N_
from cnnlab.lab.snapshots import Snapshots
from cnnlab.network.summary import format_shape
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.vision.filter_edits import FilterEdit


@dataclass(frozen=True, eq=False)
class Explanation:
    """Explanation of a network's score of the class `target` for an image.

    Attributes:
        probabilities: the outputs float32 (classes,), see `Inference.probabilities`.
        grad_cam: float32 (height, width) in 0..1, regions whose feature maps support the target; None for a network
            without feature maps; 0 everywhere if, on average over the positions, nothing supports the target.
        hires_cam: the same with a weight for each position instead of the average; None unless `grad_cam` is blank.
        saliency: float32 (height, width) in 0..1, how strongly each pixel affects the target's score.
        occlusion: float32 (height, width), how much the target's probability drops when that region is hidden.
    """

    target: int
    probabilities: np.ndarray
    grad_cam: np.ndarray | None
    hires_cam: np.ndarray | None
    saliency: np.ndarray
    occlusion: np.ndarray


@dataclass(frozen=True, eq=False)
class Neighbors:
    """Training images with features similar to those of an image, nearest first.

    Attributes:
        indices: int64 (n,) into the training images.
        distances: cosine distances float32 (n,), 0 to 2.
        images: uint8 (n, height, width, channels).
        labels: int64 (n,).
        searched: number of training images that were searched.
    """

    indices: np.ndarray
    distances: np.ndarray
    images: np.ndarray
    labels: np.ndarray
    searched: int


@dataclass(frozen=True, eq=False)
class Activity:
    """Which feature maps are not zero for all of the first test images of the run's dataset.

    Attributes:
        images: number of images.
        active: layer name -> bool (channels,); only layers with feature maps.
    """

    images: int
    active: Mapping[str, np.ndarray]


def tested_images(run: Run) -> int:
    """Return on how many test images `Inference.surgery` measures the accuracy: 1,000, or all that the dataset has."""
    return min(run.dataset.test_size, 1_000)


class Inference:
    """Runs networks on single images.

    Images are float32 (height, width, channels) in 0..1. Every method raises:
        CNNLabError: the weights of that snapshot are gone, or the image does not have the network's input shape.
        NotFiniteError: the weights are NaN or infinite, or (except for `feature_maps`) an output is.
        EngineError: the workers are not running.
    """

    def __init__(self, engine: Engine, snapshots: Snapshots) -> None:
        self._engine = engine
        self._snapshots = snapshots

    def feature_maps(self, run: Run, moment: Moment, image: np.ndarray) -> dict[str, np.ndarray]:
        """Return layer name -> its output for `image`, without the batch."""
        maps: dict[str, np.ndarray] = self._run("feature_maps", run, moment, image.shape, image)
        return maps

    def activity(self, run: Run, moment: Moment) -> Activity | None:
        """Return which feature maps are not zero for every image of a sample; None if the images are not here.

        A map that is zero for one image is not dead: another image can make it active.
        """
        shape = run.network.input_shape
        found = self._run("active_maps", run, moment, shape, run.training.dataset)
        return Activity(*found) if found else None

    def probabilities(self, run: Run, moment: Moment, images: np.ndarray) -> np.ndarray:
        """Return the outputs float32 (n, classes) for `images` (n, height, width, channels).

        They are class probabilities only if `network.outputs.output_kind` says so.
        """
        predicted: np.ndarray = self._run("probabilities", run, moment, images.shape[1:], images)
        return predicted

    def explain(self, run: Run, moment: Moment, image: np.ndarray, target: int | None = None) -> Explanation:
        """Explain the network's score of `target` (None: the predicted class) for `image`."""
        return Explanation(**self._run("explain", run, moment, image.shape, image, target))

    def nearest(self, run: Run, moment: Moment, image: np.ndarray, count: int) -> Neighbors:
        """Return the training images most similar to `image` by the features of the last hidden layer."""
        return Neighbors(**self._run("nearest", run, moment, image.shape, run.training.dataset, image, count))

    def towards(
        self, run: Run, moment: Moment, image: np.ndarray, target: int, steps: int = 60
    ) -> tuple[np.ndarray, np.ndarray]:
        """Change `image` step by step until the network predicts `target`, along its gradient.

        Returns:
            The images float32 (taken + 1, height, width, channels) and their class probabilities (taken + 1, classes).
        """
        path: tuple[np.ndarray, np.ndarray] = self._run("towards", run, moment, image.shape, image, target, steps)
        return path

    def surgery(
        self, run: Run, moment: Moment, edits: Sequence[FilterEdit], image: np.ndarray
    ) -> tuple[float, float, np.ndarray, np.ndarray]:
        """Compare the network before and after changing filters.

        Returns:
            The accuracy on `tested_images` test images, and the probabilities for `image`: each before and after.
        """
        result: tuple[float, float, np.ndarray, np.ndarray] = self._run(
            "surgery", run, moment, image.shape, tuple(edits), run.training.dataset, image
        )
        return result

    def rounding_change(self, run: Run, moment: Moment) -> float:
        """Return the largest change of a class probability if the weights are rounded to float16, on test images.

        It is NaN if a weight is too large for float16.
        """
        change: float = self._run("rounding_change", run, moment, run.network.input_shape, run.training.dataset)
        return change

    def _run(self, task: str, run: Run, moment: Moment, shape: tuple[int, ...], *args: Any) -> Any:
        """Check that images of `shape` fit, then call a function of `engine.worker.inference`."""
        check_shape(run, shape)
        return call(self._engine, self._snapshots, f"inference.{task}", run, moment, *args)


def call(engine: Engine, snapshots: Snapshots, task: str, run: Run, moment: Moment, *args: Any, **options: Any) -> Any:
    """Call a function of `engine.worker` for the network of a snapshot; `options` are those of `Engine.call`.

    Raises:
        NotFiniteError: the weights or the outputs are NaN or infinite; it says since which epoch, if that is known.
    """
    # Without workers, that comes first, even if the snapshot is gone.
    if snapshots.written(run.id, moment):
        snapshots.check_finite(run.id, moment)
    try:
        return engine.call(task, *network_at(snapshots, run, moment), *args, **options)
    except NotFiniteError as error:
        # The worker does not know the run's history.
        raise not_finite("outputs", snapshots.diverged_in(run.id, moment)) from error


def network_at(snapshots: Snapshots, run: Run, moment: Moment) -> tuple[str, str, tuple[int, int]]:
    """Return the arguments by which a worker identifies a network and a snapshot."""
    return run.network.to_json(), str(snapshots.folder(run.id)), (moment.epoch, moment.step)


def check_shape(run: Run, shape: tuple[int, ...]) -> None:
    """Check that images of `shape` (height, width, channels) fit the run's network.

    Raises:
        CNNLabError: the shapes differ.
    """
    if shape != run.network.input_shape:
        raise CNNLabError(
            N_("The image is {image}, but this network takes {network}."),
            N_("Choose an image of that size, or another run."),
            image=format_shape(shape),
            network=format_shape(run.network.input_shape),
        )
