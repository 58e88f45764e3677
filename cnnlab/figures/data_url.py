"""Encode arrays as PNG data URLs."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image


def data_url(pixels: np.ndarray) -> str:
    """Return `pixels` uint8 (height, width), (height, width, 3) or (height, width, 4) as a PNG data URL."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
