"""Reading a stranger's picture file, within bounds."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnlab.errors import CNNLabError
from cnnlab.marks import N_

MOST_BYTES = 20_000_000
MOST_PIXELS = 50_000_000

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
"""What Pillow may try. It knows more, among them one that runs another program (EPS)."""


def read_picture(content: bytes, side: int) -> np.ndarray:
    """A picture file as grey pixels, its longer side brought to `side` pixels where it is longer.

    The first frame of an animation counts; transparent parts are laid on white; colours of any kind (CMYK, palettes,
    16 bits) become grey; a photo is turned as its camera says.

    Returns:
        float64 (height, width), 0 (black) to 1 (white).

    Raises:
        CNNLabError: it is no picture, is damaged, or is too large.
    """
    if len(content) > MOST_BYTES:
        raise CNNLabError(
            N_("The file has {size:.1f} MB; at most {most:.0f} MB are read."),
            N_("Make the picture smaller first."),
            size=len(content) / 1e6,
            most=MOST_BYTES / 1e6,
        )
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise CNNLabError(
                    N_("The picture has {width}×{height} pixels; at most {most:,} are read."),
                    N_("Make the picture smaller first."),
                    width=picture.width,
                    height=picture.height,
                    most=MOST_PIXELS,
                )
            return _grey(picture, side)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # Pillow says SyntaxError or ValueError of some damaged files.
        raise CNNLabError(
            N_("This file is no picture that can be read, or it is damaged."),
            N_("Choose a PNG, JPEG, GIF, BMP or WebP file."),
        ) from None


def _grey(picture: Image.Image, side: int) -> np.ndarray:
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("I", "I;16"):
        # Pillow cuts deep greys off at 255.
        upright = Image.fromarray((np.asarray(upright, dtype=float) / 257).round().astype(np.uint8))
    coloured = upright.convert("RGBA")
    ground = Image.new("RGBA", coloured.size, "white")
    grey = Image.alpha_composite(ground, coloured).convert("L")
    pixels = np.asarray(grey, dtype=float) / 255
    return shrunken(pixels, side / max(pixels.shape)) if max(pixels.shape) > side else pixels


def shrunken(pixels: np.ndarray, scale: float) -> np.ndarray:
    """`pixels` float (height, width) at `scale` (below 1) of its size; every pixel is the mean of what it covers."""
    height, width = (max(round(length * scale), 1) for length in pixels.shape)
    picture = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(picture, dtype=float)
