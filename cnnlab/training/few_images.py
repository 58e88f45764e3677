"""Few training images: how many there are, and the augmentation that is suggested if they are few."""

from __future__ import annotations

from cnnlab.training.spec import Augmentation, TrainingSpec

FEW_PER_CLASS = 100
"""With fewer training images per class, augmentation is suggested."""

SUGGESTED = Augmentation(shift=0.1, rotation=10, zoom=0.1)
"""Changes that leave digits, letters and most photos what they are; a flip would not."""


def image_count(training: TrainingSpec, train_size: int, test_size: int) -> int:
    """Return the number of images that training looks at in an epoch: training and validation images.

    Args:
        train_size, test_size: of the dataset. A choice of classes is ignored, so there may be fewer.
    """
    count = min(training.train_size or train_size, train_size)
    return count + test_size if training.validation == "test" else count


def images_per_class(training: TrainingSpec, train_size: int, classes: int) -> int:
    """Return the approximate number of training images per class, without validation images."""
    count = min(training.train_size or train_size, train_size)
    kept = count if training.validation == "test" else count * (1 - training.validation_split)
    # With a choice of classes, `train_size` counts only their images; without it, they are a share of all.
    used = len(training.classes) if training.classes and training.train_size else classes
    return round(kept / used)


def suggested(training: TrainingSpec, train_size: int, classes: int) -> Augmentation | None:
    """Return the augmentation to suggest; None if there are enough images, or they are augmented already."""
    if training.augmentation != Augmentation() or images_per_class(training, train_size, classes) >= FEW_PER_CLASS:
        return None
    return SUGGESTED
