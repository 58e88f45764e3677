"""The data that Draw's tabs share: the input image and each network's prediction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlab.network.outputs import OutputKind, output_kind
from cnnlab.runs.run import Run
from cnnlab.training.snapshots import Moment
from cnnlab.ui.shared.picture_picker import Picture
from cnnlab.ui.text import translate
from cnnlab.vision.digit_preprocessing import Digit


@dataclass(frozen=True, eq=False)
class InputImage:
    """The image that the networks read.

    Attributes:
        digit: the preprocessing steps, if the image was preprocessed.
        canvas: the original drawing, if it was drawn here.
    """

    picture: Picture
    digit: Digit | None = None
    canvas: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class NetworkPrediction:
    """One network's prediction.

    Attributes:
        title: the network and its snapshot in words.
        image: the input as the network receives it, float32 (height, width, channels).
        probabilities: the outputs, float32 (classes,), all finite; probabilities only if `kind` says so.
    """

    run: Run
    moment: Moment
    title: str
    image: np.ndarray
    probabilities: np.ndarray

    @property
    def kind(self) -> OutputKind:
        """What the outputs are."""
        return output_kind(self.run.network)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in the reader's language."""
        return class_names(self.run)


def class_names(run: Run) -> tuple[str, ...]:
    """Return the names of the classes that a run's network knows, in the reader's language."""
    return tuple(translate(name) for name in run.dataset.class_names)
