"""Make a picture more like a network's training images: their shape and brightness, trimmed to the thing it shows."""

from __future__ import annotations

import numpy as np
from PIL import Image

from cnnlab.datasets import DatasetInfo, scaled
from cnnlab.datasets.image_sets.shaping import Shape, squared
from cnnlab.vision.photo_digits import WHOLE, Frame

CLEAR_DIFFERENCE = 0.1
"""An image is inverted if that brings its border closer to the training images' by at least this much."""
PLAIN = 0.1
"""A border is plain if its brightness deviates less; what differs more from it is the thing in the picture."""
SAMPLE = 500


def inverted_fits(image: np.ndarray, training_images: np.ndarray) -> bool:
    """Return whether the inverted image is more like a network's training images: by the brightness of the border.

    Args:
        image: float (height, width) or (height, width, 3), 0 to 1.
        training_images: uint8 (n, height, width, channels).
    """
    usual = float(np.mean([_border(one / 255.0).mean() for one in training_images[:SAMPLE]]))
    border = float(_border(image).mean())
    return abs(border - usual) - abs(1 - border - usual) > CLEAR_DIFFERENCE


def thing_frame(image: np.ndarray, training_images: np.ndarray) -> Frame:
    """Return the part of the image that shows a thing on a plain ground, if the training images are trimmed to one.

    Fashion-MNIST's are: each item reaches two opposite edges, on black (Xiao, Rasul and Vollgraf, 2017).
    """
    grounds = [np.median(_border(one / 255.0)) for one in training_images[:SAMPLE]]
    if np.std(grounds) > PLAIN or _border(image).std() > PLAIN:
        return WHOLE
    thing = np.abs(image - np.median(_border(image))) > PLAIN
    thing = thing.any(axis=2) if thing.ndim == 3 else thing
    rows, columns = np.flatnonzero(thing.any(axis=1)), np.flatnonzero(thing.any(axis=0))
    if not len(rows):
        return WHOLE
    height, width = thing.shape
    left, right, top, bottom = columns[0] / width, (columns[-1] + 1) / width, rows[0] / height, (rows[-1] + 1) / height
    return Frame(float(left), float(top), float(right), float(bottom))


def as_in_set(pixels: np.ndarray, dataset: DatasetInfo) -> np.ndarray:
    """Return a photo as the images of an image set were prepared: in its size and color, fitted like them.

    Args:
        pixels: float (height, width) or (height, width, 3), 0 to 1.
        dataset: an image set.

    Returns:
        float32 (size, size, channels), 0 to 1.
    """
    size, _width, channels = dataset.input_shape
    shape = Shape(size, channels == 3, dataset.fit)  # type: ignore[arg-type]
    photo = Image.fromarray((pixels * 255).round().astype(np.uint8))
    return scaled(squared(photo.convert("RGB" if shape.color else "L"), shape))


def _border(image: np.ndarray) -> np.ndarray:
    """Return the values of the pixels at the edge."""
    return np.concatenate([side.ravel() for side in (image[0], image[-1], image[:, 0], image[:, -1])])
