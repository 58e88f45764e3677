"""Sprite sheet of many small images; the page shows the one that belongs to the point under the pointer."""

from __future__ import annotations

import base64
import io
import math
from typing import NamedTuple

import numpy as np
from PIL import Image

QUALITY = 85
"""JPEG quality for color images, a tenth the size of PNG; grayscale images are lossless."""


class Thumbnails(NamedTuple):
    """Images row by row in one file.

    Attributes:
        source: the file as a data URL.
        columns: images per row.
        width, height: size of one image in pixels.
    """

    source: str
    columns: int
    width: int
    height: int


def thumbnails(images: np.ndarray) -> Thumbnails:
    """Return the sprite sheet of images uint8 (n, height, width, 1 or 3), n >= 1, in their order."""
    count, height, width, channels = images.shape
    columns = math.isqrt(count - 1) + 1
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height, width, channels), np.uint8)
    cells[:count] = images
    whole = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    pixels = whole.reshape(rows * height, columns * width, channels)
    file = io.BytesIO()
    if channels == 1:
        kind = "png"
        Image.fromarray(pixels[:, :, 0]).save(file, "PNG")
    else:
        kind = "jpeg"
        Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY, subsampling=0)
    source = f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
    return Thumbnails(source, columns, width, height)
