"""What every data set looks like once it is loaded, and how its pixels are scaled for a network.

Where the images come from is left to the other modules of this room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with labels, in a training and a test part.

    The arrays of a loaded set are read-only: one set is shown to many people at once.

    Attributes:
        name: its name in `DATASETS`.
        x_train: images, (n, height, width, channels) uint8, 0 (black) to 255.
        y_train: the class of each image, (n,) int64, an index into `class_names`. Not uint8, in which arithmetic
            such as `10 * label` would wrap around.
        x_test, y_test: the same, never to be trained on.
        class_names: one English name a class, marked for translation; "0" to "9" for digits.
    """

    name: str
    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    class_names: tuple[str, ...]

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of one image."""
        height, width, channels = self.x_train.shape[1:]
        return height, width, channels

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)


def scaled(x: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Pixels as networks are fed them: any shape, uint8 0 to 255 -> the same shape, float32 0 to 1."""
    return x.astype(np.float32) / np.float32(255)
