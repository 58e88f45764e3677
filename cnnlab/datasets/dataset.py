"""Dataset: images with labels as they are once loaded, and the scaling of pixels for a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with labels, in a training and a test part.

    The arrays are read-only, since many users share one dataset.

    Attributes:
        name: its name in `DATASETS`, or any other for images of your own.
        x_train: images, (n, height, width, channels) uint8, 0 (black) to 255.
        y_train: the class of each image, (n,) int64, an index into `class_names`. Not uint8, in which arithmetic
            such as `10 * label` would wrap around.
        x_test, y_test: the test part, never used for training.
        class_names: one English name per class, marked for translation; "0" to "9" for digits.
        validation: indices of the training images that are set aside for validation, (n,) int64, so that images which
            belong together stay on one side; None: training chooses them at random.
    """

    name: str
    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    class_names: tuple[str, ...]
    validation: Labels | None = None

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Return (height, width, channels) of one image."""
        height, width, channels = self.x_train.shape[1:]
        return height, width, channels

    @property
    def classes(self) -> int:
        """Return the number of classes."""
        return len(self.class_names)

    def checked(self) -> Dataset:
        """Return the dataset itself if its arrays are as described; those of images of your own may not be.

        Raises:
            DatasetError: images are not uint8 with four axes, or an image has no label from 0 to `classes` - 1.
        """
        for part, x, y in (("train", self.x_train, self.y_train), ("test", self.x_test, self.y_test)):
            if x.ndim != 4 or x.dtype != np.uint8:
                raise DatasetError(
                    N_("{dataset}: x_{part} should be uint8 (n, height, width, channels); received {received}."),
                    N_(
                        "Convert the images to whole numbers from 0 to 255. Images without colors need a last axis of "
                        "length 1."
                    ),
                    dataset=self.name,
                    part=part,
                    received=f"{x.dtype} {x.shape}",
                )
            if y.shape != x.shape[:1] or y.dtype.kind not in "iu" or np.any((y < 0) | (y >= self.classes)):
                raise DatasetError(
                    N_("{dataset}: y_{part} should be one whole number from 0 to {highest} per image."),
                    N_("Number the classes from 0, in the order of class_names."),
                    dataset=self.name,
                    part=part,
                    highest=self.classes - 1,
                )
        return self


def scaled(x: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Scale pixels for a network: any shape, uint8 0 to 255 -> same shape, float32 0 to 1."""
    return x.astype(np.float32) / np.float32(255)
