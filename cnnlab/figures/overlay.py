"""A heat map laid over a picture: what matters glows, and the picture shines through."""

from __future__ import annotations

import numpy as np

from cnnlab.figures.style import TRAINING, rgb

STRENGTH = 0.85
FOR, AGAINST = "#ff9f1c", TRAINING
"""Colours of what speaks for an answer and of what speaks against it; they can be told apart by everyone."""


def overlay(image: np.ndarray, heat: np.ndarray, enlarged: int = 1) -> np.ndarray:
    """Paint `heat` over `image`.

    Args:
        image: float (height, width) or (height, width, 3), 0 to 1.
        heat: float (height, width), -1 to 1; at 0 the picture is as it is.
        enlarged: so many pixels for each.

    Returns:
        uint8 (height·enlarged, width·enlarged, 4).
    """
    ground = np.repeat(image[:, :, np.newaxis], 3, axis=2) if image.ndim == 2 else image
    share = (np.abs(heat).clip(0, 1) * STRENGTH)[:, :, np.newaxis]
    colour = np.where(heat[:, :, np.newaxis] >= 0, np.divide(rgb(FOR), 255), np.divide(rgb(AGAINST), 255))
    mixed = ground * (1 - share) + colour * share
    painted = np.dstack([(mixed * 255).round().clip(0, 255), np.full(heat.shape, 255.0)]).astype(np.uint8)
    return painted.repeat(enlarged, axis=0).repeat(enlarged, axis=1)
