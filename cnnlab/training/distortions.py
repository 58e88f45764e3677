"""Which of Keras's layers an Augmentation stands for, with their arguments. No TensorFlow here.

Training (`augment`) and the exported script (`network.code`) make the same layers from it. The order is fixed:
mirrored, upside down, slanted, turned, zoomed, moved, then a box is blanked out. What comes in from outside the picture
is black. Noise comes last; it is no layer here, as Keras's GaussianNoise takes no seed for a batch.
"""

from __future__ import annotations

from typing import Any

from cnnlab.training.spec import Augmentation

_BLACK = {"fill_mode": "constant"}


def keras_layers(augmentation: Augmentation) -> list[tuple[str, dict[str, Any]]]:
    """Classes of `keras.layers` and their arguments, in the order in which they are applied; what is 0 is left out."""
    found: list[tuple[str, dict[str, Any]]] = []
    # Keras's own mode for both turns an image both ways or not at all.
    for wanted, mode in (
        (augmentation.flip_horizontal, "horizontal"),
        (augmentation.flip_vertical, "vertical"),
    ):
        if wanted:
            found.append(("RandomFlip", {"mode": mode}))
    if augmentation.shear:
        found.append(("RandomShear", {"x_factor": augmentation.shear, **_BLACK}))
    if augmentation.rotation:
        found.append(("RandomRotation", {"factor": augmentation.rotation / 360, **_BLACK}))
    if augmentation.zoom:
        found.append(("RandomZoom", {"height_factor": augmentation.zoom, **_BLACK}))
    if augmentation.shift:
        both = {"height_factor": augmentation.shift, "width_factor": augmentation.shift}
        found.append(("RandomTranslation", {**both, **_BLACK}))
    if augmentation.cutout:
        # A pair, since a single factor is the highest of chances that are drawn too.
        found.append(("RandomErasing", {"factor": (1.0, 1.0), "scale": (0.0, augmentation.cutout), "fill_value": 0}))
    return found
