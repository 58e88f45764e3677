"""Preview augmented images in the inference worker. Needs TensorFlow; arguments and results are plain values."""

from __future__ import annotations

import numpy as np

from cnnlab.datasets import scaled
from cnnlab.training import augment
from cnnlab.training.spec import Augmentation


def augmented(images: np.ndarray, augmentation: str, seed: int) -> np.ndarray:
    """Return augmented versions of images uint8 (n, height, width, channels), with the same shape and type.

    Args:
        augmentation: the settings as JSON.
        seed: random seed of the changes.
    """
    changed = augment.augmented(scaled(images), Augmentation.model_validate_json(augmentation), seed)
    return np.asarray((changed.clip(0, 1) * 255).round().astype(np.uint8))
