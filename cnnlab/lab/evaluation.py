"""Evaluate networks on many images: validation images, test images and saved drawings."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from cnnlab.engine.client import Engine
from cnnlab.evaluation.metrics import Evaluation
from cnnlab.lab.datasets import Datasets
from cnnlab.lab.inference import call, check_shape
from cnnlab.lab.run_drawings import no_drawings
from cnnlab.lab.snapshots import Snapshots
from cnnlab.network.outputs import output_kind
from cnnlab.runs.drawings import Drawings
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment

TIMEOUT_SECONDS = 300.0
"""Timeout of an evaluation; 10,000 images through a large network take a while."""


class Evaluator:
    """Evaluates networks.

    Every method raises:
        CNNLabError: the weights of that snapshot are gone, or the images do not have the network's input shape.
        NotFiniteError: weights or outputs are NaN or infinite.
        EngineError: the workers are not running.
    """

    def __init__(self, engine: Engine, snapshots: Snapshots, datasets: Datasets, drawings: Drawings) -> None:
        self._engine = engine
        self._snapshots = snapshots
        self._datasets = datasets
        self._drawings = drawings

    def evaluate(self, run: Run, moment: Moment, which: Literal["validation", "test"], dataset: str = "") -> Evaluation:
        """Evaluate a run on its validation images, or on test images.

        Args:
            dataset: source of the test images, by default the run's own. (Validation images are always the run's own.)
        """
        name = dataset if dataset and which == "test" else run.training.dataset
        check_shape(run, self._datasets.info(name).input_shape)
        found: dict[str, np.ndarray] = self._run("evaluate", run, moment, which, name, run.training.model_dump_json())
        data = self._datasets.get(name)
        split_off = which == "validation" and run.training.validation == "split"
        images = (data.x_train if split_off else data.x_test)[found["indices"]]
        return Evaluation(found["probabilities"], found["labels"], images, found["losses"], output_kind(run.network))

    def evaluate_drawings(self, run: Run, moment: Moment, collection: str) -> Evaluation:
        """Evaluate a run on the drawings of a collection; CNNLabError if there are none."""
        images, labels = self._drawings.images(collection)
        if not len(images):
            raise no_drawings(collection)
        check_shape(run, images.shape[1:])
        outputs, losses = self._run("predict", run, moment, images, labels)
        return Evaluation(outputs, labels, images, losses, output_kind(run.network))

    def project(self, run: Run, moment: Moment, images: np.ndarray, method: Literal["pca", "tsne"]) -> np.ndarray:
        """Project images uint8 (n, height, width, channels) to points float32 (n, 2) by their features in the last
        hidden layer. See `engine.worker.evaluation.project`."""
        check_shape(run, images.shape[1:])
        points: np.ndarray = self._run("project", run, moment, images, method)
        return points

    def _run(self, task: str, run: Run, moment: Moment, *args: Any) -> Any:
        """Call a function of `engine.worker.evaluation`."""
        return call(self._engine, self._snapshots, f"evaluation.{task}", run, moment, *args, timeout=TIMEOUT_SECONDS)
