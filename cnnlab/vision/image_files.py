"""Read foreign image files safely, within limits of size and memory."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

from cnnlab.errors import CNNLabError
from cnnlab.i18n.marks import N_
from cnnlab.vision import png_strips

MAX_BYTES = 50_000_000
MAX_PIXELS = 100_000_000
MAX_MEMORY = 200_000_000
"""Bytes that Pillow may need for an image that it cannot scale down or divide while it reads it."""
LARGE_PIXELS = 2_000_000
"""Images from this size on are scaled down a strip at a time."""

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")
"""Formats that Pillow may try. It supports more, one of which runs another program (EPS)."""
HEIF_PACKAGES = ("pi_heif", "pillow_heif")
"""Optional packages that read HEIC (requirements-heif.txt)."""
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
WHITE_SHARE, CLEAR_SHARE = 0.75, 0.3
"""An image is put on black if its visible parts are lighter than the first, and more than the second is transparent."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Orientation as a camera records it (Exif) -> what turns the image upright."""

# Pillow warns of images from here on, and refuses twice as many while it opens the file; ours is said before.
Image.MAX_IMAGE_PIXELS = 2 * MAX_PIXELS


@dataclass(frozen=True, eq=False)
class ImageFile:
    """An image that was read.

    Attributes:
        pixels: float64 (height, width), 0 (black) to 1 (white); in color (height, width, 3).
        animated: whether the file has more images, which are not read.
    """

    pixels: np.ndarray
    animated: bool = False


def read_image(content: bytes, side: int, color: bool = False) -> np.ndarray:
    """Return the pixels that `read_file` reads."""
    return read_file(content, side, color).pixels


def read_file(content: bytes, side: int, color: bool = False) -> ImageFile:
    """Read an image file and scale its longer side down to at most `side` pixels.

    Only the first frame of an animation, or page of a TIFF file, is read; transparent parts become white, or black
    below light strokes; all color modes (CMYK, palettes, 16 bits) become gray, or red, green and blue; photos are
    rotated as their camera recorded. JPEG files are scaled down while they are read, and large PNG files are read a few
    rows at a time.

    Raises:
        CNNLabError: the file is not an image, is damaged, or is too large.
    """
    with _opened(content) as image:
        animated = bool(getattr(image, "is_animated", False))
        pixels = np.asarray(_upright(image, content, side).convert("RGB" if color else "L"))
    longest = max(pixels.shape[:2])
    return ImageFile(downscale(pixels, side / longest) / 255 if longest > side else pixels / 255, animated)


def read_picture(content: bytes, side: int, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Read an image file like `read_file`, as a Pillow image in RGB with whole numbers: faster for many photos.

    Raises:
        CNNLabError: the file is not an image, is damaged, or is too large.
    """
    with _opened(content, max_pixels) as image:
        picture = _upright(image, content, side).convert("RGB")
    longest = max(picture.size)
    if longest <= side:
        return picture
    width, height = (max(round(length * side / longest), 1) for length in picture.size)
    return picture.resize((width, height), Image.Resampling.BOX)


@contextmanager
def _opened(content: bytes, max_pixels: int = MAX_PIXELS) -> Iterator[Image.Image]:
    """Yield the image of a file whose size is within the limits; explain what goes wrong while it is read."""
    if len(content) > MAX_BYTES:
        raise CNNLabError(
            N_("The file is {size:.1f} MB; the limit is {most:.0f} MB."),
            N_("Reduce the image size first."),
            size=len(content) / 1e6,
            most=MAX_BYTES / 1e6,
        )
    formats = _formats(content)
    try:
        with Image.open(io.BytesIO(content), formats=formats) as image:
            _check_size(image, max_pixels)
            _check_bits(image)
            yield image
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        # Pillow raises SyntaxError or ValueError for some damaged files.
        raise CNNLabError(
            N_("This file is not a supported image, or it is damaged."),
            N_("Choose a PNG, JPEG, GIF, BMP, TIFF or WebP file."),
        ) from None


def _formats(content: bytes) -> tuple[str, ...]:
    """Return the formats to try; for a HEIC file, which needs an optional package, that alone."""
    if content[4:8] != b"ftyp" or content[8:12] not in HEIF_BRANDS:
        return FORMATS
    for package in HEIF_PACKAGES:
        try:
            importlib.import_module(package).register_heif_opener()
        except ImportError:
            continue
        return ("HEIF",)
    raise CNNLabError(
        N_("This is a HEIC photo, as iPhones take them, whatever its name ends in. It cannot be read here."),
        N_("Save it as JPEG, or install the optional requirements-heif.txt."),
    )


def _check_size(image: Image.Image, max_pixels: int) -> None:
    """Refuse an image that has too many pixels, or too many for its kind of file."""
    most = min(int(MAX_MEMORY / max(_bytes_per_pixel(image), 1e-9)), max_pixels)
    if image.width * image.height <= most:
        return
    problem = N_("The image has {width}×{height} pixels; the limit is {most:,} pixels.")
    remedy = N_("Reduce the image size first.")
    if most < max_pixels:
        problem = N_(
            "The image has {width}×{height} pixels; the limit for this kind of {format} file is {most:,} pixels."
        )
        remedy = N_("Save it as an ordinary (baseline) JPEG, or reduce the image size first.")
    raise CNNLabError(problem, remedy, width=image.width, height=image.height, format=str(image.format), most=most)


def _check_bits(image: Image.Image) -> None:
    """Refuse a TIFF file of 32-bit values: nothing in it says which value is white."""
    if image.format == "TIFF" and image.mode in ("I", "F"):
        raise CNNLabError(
            N_("This TIFF file has pixels of 32 bits, and does not say which value is white."),
            N_("Save it with 8 or 16 bits per channel."),
        )


def _bytes_per_pixel(image: Image.Image) -> float:
    """Return the memory that Pillow needs for each pixel of the file, as measured; 0 if it needs no whole image."""
    if image.format == "JPEG":
        if not image.info.get("progressive"):
            return 0
        # libjpeg keeps the coefficients of every component, two bytes each, until the last scan.
        parts: list[int] = [across * down for _id, across, down, _table in getattr(image, "layer", [])]
        return 2.0 * sum(parts) / max([*parts, 1])
    if image.format == "WEBP":
        return 16
    if image.format == "HEIF":
        return 8
    if png_strips.can_strip(image):
        return 0
    return 4 if image.mode in ("RGB", "RGBA", "LA", "I", "CMYK") else 2


def _upright(image: Image.Image, content: bytes, side: int) -> Image.Image:
    """Return an open image upright and on its ground; its longer side may still be up to twice as long as `side`."""
    longest = max(image.size)
    if longest > side:
        # JPEG files are scaled down by 2, 4 or 8 while they are read.
        image.draft(image.mode, (max(image.width * side // longest, 1), max(image.height * side // longest, 1)))
    large = image.width * image.height > LARGE_PIXELS
    step = max(max(image.size) // side, 1) if large else 1
    if large and png_strips.can_strip(image):
        strips = png_strips.strips(image, content, step)
        # To look for an orientation after the pixels, Pillow would load the whole image.
        orientation = image.getexif().get(0x0112, 1) if "exif" in image.info else 1
    else:
        strips = _strips(image, step)
        orientation = image.getexif().get(0x0112, 1)
    plain = not large and image.mode in ("L", "RGB") and "transparency" not in image.info
    small = image if plain else _on_ground(_reduced(strips, image.size, step))
    return small.transpose(TURNS[orientation]) if orientation in TURNS else small


def _strips(image: Image.Image, step: int) -> Iterator[Image.Image]:
    """Yield the rows of an image from top to bottom, in strips whose height is a multiple of `step`."""
    image.load()
    rows = max(LARGE_PIXELS // image.width // step, 1) * step
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        strip.info = image.info
        yield strip


def _reduced(strips: Iterator[Image.Image], size: tuple[int, int], step: int) -> Image.Image:
    """Return the strips of an image of `size` as one RGBA image, `step` times smaller."""
    width, height = (-(-length // step) for length in size)
    small, top = Image.new("RGBA", (width, height)), 0
    for strip in strips:
        plain = _eight_bits(strip)
        part = plain.reduce(step) if step > 1 else plain
        small.paste(part.convert("RGBA"), (0, top))
        top += part.height
    return small


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return the image as L, RGB or RGBA."""
    if image.mode in ("I", "I;16", "I;16B"):
        # Pillow clips 16-bit grays at 255.
        return Image.fromarray((np.asarray(image, dtype=np.float32) / 257).round().astype(np.uint8))
    if "transparency" in image.info or image.mode in ("P", "PA", "LA", "RGBA"):
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _on_ground(rgba: Image.Image) -> Image.Image:
    """Return the image on white, or on black if it consists of light strokes on a transparent ground."""
    if rgba.getchannel("A").getextrema() == (255, 255):
        return rgba
    alpha = np.asarray(rgba.getchannel("A"), dtype=np.float32) / 255
    light = np.asarray(rgba.convert("RGB").convert("L"), dtype=np.float32) / 255
    seen = float(alpha.sum())
    on_black = 1 - alpha.mean() > CLEAR_SHARE and float((alpha * light).sum()) > WHITE_SHARE * seen > 0
    ground = Image.new("RGBA", rgba.size, "black" if on_black else "white")
    return Image.alpha_composite(ground, rgba)


def downscale(pixels: np.ndarray, scale: float) -> np.ndarray:
    """Shrink `pixels` (height, width) or (height, width, channels) of numbers by `scale` (below 1).

    Every pixel becomes the mean of the pixels that it covers. Returns float64.
    """
    if pixels.ndim == 3:
        return np.stack([downscale(pixels[:, :, k], scale) for k in range(pixels.shape[2])], axis=2)
    height, width = (max(round(length * scale), 1) for length in pixels.shape)
    image = Image.fromarray(pixels.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image, dtype=float)
