"""The inference worker's look at what training would be given. Needs TensorFlow; arguments and results are plain."""

from __future__ import annotations

import numpy as np

from cnnlab.datasets import scaled
from cnnlab.training import augment
from cnnlab.training.spec import Augmentation


def augmented(images: np.ndarray, augmentation: str, seed: int) -> np.ndarray:
    """Images uint8 (n, height, width, channels) as training could see them, of the same form.

    Args:
        augmentation: JSON.
        seed: another one gives other changes.
    """
    changed = augment.augmented(scaled(images), Augmentation.model_validate_json(augmentation), seed)
    return np.asarray((changed.clip(0, 1) * 255).round().astype(np.uint8))
