"""The shape that all images of a set get: a square of one size, gray or in color; and how other forms fit into it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from cnnlab.errors import DatasetError
from cnnlab.i18n.marks import N_

Fit = Literal["crop", "pad", "stretch"]
FITS: tuple[Fit, ...] = ("crop", "pad", "stretch")
MIN_SIZE, MAX_SIZE = 8, 224
SUGGESTED_SIZE = 64
"""Maximum suggested size: a small network learns from it in minutes, without a GPU."""


@dataclass(frozen=True)
class Shape:
    """The shape of a set's images.

    Attributes:
        size: height and width in pixels, 8 to 224.
        color: red, green and blue instead of gray.
        fit: how an image that is not square becomes square: "crop" its middle, "pad" it with the mean color of its
            border, or "stretch" it.

    Raises:
        DatasetError: a value is out of range.
    """

    size: int = SUGGESTED_SIZE
    color: bool = True
    fit: Fit = "crop"

    def __post_init__(self) -> None:
        if not MIN_SIZE <= self.size <= MAX_SIZE:
            raise DatasetError(
                N_("The size of images should be {least} to {most} pixels; received {size}."),
                least=MIN_SIZE,
                most=MAX_SIZE,
                size=self.size,
            )
        if self.fit not in FITS:
            raise DatasetError(
                N_("“{fit}” is no way to fit images; expected one of {known}."), fit=self.fit, known=", ".join(FITS)
            )

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Return (height, width, channels) of an image."""
        return self.size, self.size, 3 if self.color else 1


def suggest(sizes: npt.NDArray[np.integer], colored: npt.NDArray[np.bool_]) -> Shape:
    """Suggest a shape: the size that most images have at least, up to 64; color if an image has any.

    Args:
        sizes: (width, height) of each image, (n, 2).
        colored: whether each image has colors, (n,).
    """
    middle = int(np.median(sizes.min(axis=1)))
    return Shape(size=min(max(middle, MIN_SIZE), SUGGESTED_SIZE), color=bool(colored.any()))


def shaped(content: bytes, shape: Shape) -> npt.NDArray[np.uint8]:
    """Return a stored image in the shape of the set.

    Args:
        content: a PNG or JPEG file in gray or RGB.

    Returns:
        uint8 (size, size, channels).
    """
    size = shape.size
    with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as opened:
        scale = size / (max(opened.size) if shape.fit == "pad" else min(opened.size))
        # JPEG files are scaled down by 2, 4 or 8 while they are read.
        opened.draft(opened.mode, (-int(-opened.width * scale // 1), -int(-opened.height * scale // 1)))
        picture = opened.convert("RGB" if shape.color else "L")
    return squared(picture, shape)


def squared(picture: Image.Image, shape: Shape) -> npt.NDArray[np.uint8]:
    """Return a picture of mode L or RGB, as the shape says, in that shape: uint8 (size, size, channels)."""
    return np.asarray(_FIT[shape.fit](picture, shape.size)).reshape(shape.input_shape)


def _cropped(picture: Image.Image, size: int) -> Image.Image:
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return _resized(picture.crop((left, top, left + side, top + side)), size)


def _padded(picture: Image.Image, size: int) -> Image.Image:
    longest = max(picture.size)
    width, height = (max(round(length * size / longest), 1) for length in picture.size)
    ground = Image.new(picture.mode, (size, size), _border_color(picture))
    ground.paste(_resized(picture, width, height), ((size - width) // 2, (size - height) // 2))
    return ground


def _border_color(picture: Image.Image) -> tuple[int, ...] | int:
    """Return the mean color of the pixels at the border of an image, which gives the least visible bars."""
    pixels = np.atleast_3d(np.asarray(picture))
    border = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    color = tuple(int(value) for value in np.rint(border.mean(axis=0)))
    return color if len(color) > 1 else color[0]


def _resized(picture: Image.Image, width: int, height: int | None = None) -> Image.Image:
    """Return an image of a new size: smaller by the means of pixels, larger smoothly."""
    size = (width, height or width)
    if picture.size == size:
        return picture
    smaller = width <= picture.width and size[1] <= picture.height
    return picture.resize(size, Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC)


_FIT: Mapping[Fit, Callable[[Image.Image, int], Image.Image]] = MappingProxyType(
    {"crop": _cropped, "pad": _padded, "stretch": _resized}
)
