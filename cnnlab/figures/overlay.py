"""Overlay a translucent heat map on an image."""

from __future__ import annotations

import numpy as np

from cnnlab.figures.style import TRAINING, rgb

STRENGTH = 0.85
SUPPORTS, OPPOSES = "#ff9f1c", TRAINING
"""Colors of what supports and what opposes a prediction, chosen to be safe for color blindness."""


def overlay(image: np.ndarray, heat: np.ndarray, zoom: int = 1) -> np.ndarray:
    """Paint `heat` over `image`.

    Args:
        image: float (height, width) or (height, width, 3), 0 to 1.
        heat: float (height, width), -1 to 1; 0 leaves the image unchanged.
        zoom: factor by which each pixel is enlarged.

    Returns:
        RGBA uint8 (height·zoom, width·zoom, 4).
    """
    base = np.repeat(image[:, :, np.newaxis], 3, axis=2) if image.ndim == 2 else image
    share = (np.abs(heat).clip(0, 1) * STRENGTH)[:, :, np.newaxis]
    color = np.where(heat[:, :, np.newaxis] >= 0, np.divide(rgb(SUPPORTS), 255), np.divide(rgb(OPPOSES), 255))
    mixed = base * (1 - share) + color * share
    painted = np.dstack([(mixed * 255).round().clip(0, 255), np.full(heat.shape, 255.0)]).astype(np.uint8)
    return painted.repeat(zoom, axis=0).repeat(zoom, axis=1)
