"""The Keras layers of an Augmentation, with their arguments. No TensorFlow here.

Training (`augment`) and the exported script (`export.keras_script_data`) make the same layers. The order is fixed:
horizontal flip, vertical flip, shear, rotation, zoom, shift, cutout. Areas from outside the image are black. Noise
comes last and is not a layer, since Keras's GaussianNoise takes no seed per batch.
"""

from __future__ import annotations

from typing import Any

from cnnlab.training.spec import Augmentation

_BLACK = {"fill_mode": "constant"}


def keras_layers(augmentation: Augmentation) -> list[tuple[str, dict[str, Any]]]:
    """Return classes of `keras.layers` and their arguments, in the order of application; changes of 0 are omitted."""
    found: list[tuple[str, dict[str, Any]]] = []
    # Keras's "horizontal_and_vertical" mode flips both axes together or not at all.
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
        # Pass a pair: a single number is only the upper bound of a randomly drawn probability.
        found.append(("RandomErasing", {"factor": (1.0, 1.0), "scale": (0.0, augmentation.cutout), "fill_value": 0}))
    return found
