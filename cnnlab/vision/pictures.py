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


def read_picture(content: bytes, side: int, colours: bool = False) -> np.ndarray:
    """A picture file as pixels, its longer side brought to `side` pixels where it is longer.

    The first frame of an animation counts; transparent parts are laid on white; colours of any kind (CMYK, palettes,
    16 bits) become grey, or red, green and blue; a photo is turned as its camera says.

    Returns:
        float64 (height, width), 0 (black) to 1 (white); with `colours` (height, width, 3).

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
            return _pixels(picture, side, "RGB" if colours else "L")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # Pillow says SyntaxError or ValueError of some damaged files.
        raise CNNLabError(
            N_("This file is no picture that can be read, or it is damaged."),
            N_("Choose a PNG, JPEG, GIF, BMP or WebP file."),
        ) from None


def _pixels(picture: Image.Image, side: int, mode: str) -> np.ndarray:
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("I", "I;16"):
        # Pillow cuts deep greys off at 255.
        upright = Image.fromarray((np.asarray(upright, dtype=float) / 257).round().astype(np.uint8))
    coloured = upright.convert("RGBA")
    ground = Image.new("RGBA", coloured.size, "white")
    pixels = np.asarray(Image.alpha_composite(ground, coloured).convert(mode), dtype=float) / 255
    longest = max(pixels.shape[:2])
    return shrunken(pixels, side / longest) if longest > side else pixels


def shrunken(pixels: np.ndarray, scale: float) -> np.ndarray:
    """`pixels` float (height, width) or (height, width, channels) at `scale` (below 1) of its size.

    Every pixel is the mean of what it covers.
    """
    if pixels.ndim == 3:
        return np.stack([shrunken(pixels[:, :, k], scale) for k in range(pixels.shape[2])], axis=2)
    height, width = (max(round(length * scale), 1) for length in pixels.shape)
    picture = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(picture, dtype=float)
