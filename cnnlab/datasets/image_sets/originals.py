"""The images of a set as they came, at a bounded size, so that their shape can be chosen again later.

They are image files one after the other in one file, with an index beside it: thousands of small files would be slow.
An image that is saved again keeps no camera data, such as the location.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

from cnnlab.datasets.image_sets import near_duplicates, plain_jpeg, threads
from cnnlab.datasets.image_sets.source import AGAIN, PARTS, LabeledImage, Skipped, Source, skipped, unreadable
from cnnlab.datasets.image_sets.splitting import NOT_GIVEN
from cnnlab.errors import CNNLabError, DatasetError
from cnnlab.files import DAMAGED
from cnnlab.i18n.marks import N_
from cnnlab.vision.image_files import MAX_PIXELS, downscale, read_picture

SIDE = 320
"""Maximum height and width of a stored image: a photo of 640×480 is read at half its size, which is fastest."""
EXACT_PIXELS = 128 * 128
"""A larger photo from a JPEG file is stored as JPEG again; all other images are stored exactly, as PNG."""
JPEG_QUALITY = 95
FILE, INDEX, NAMES = "originals.bin", "originals.npz", "names.json"

OnProgress = Callable[[int, int], None]
"""Called with the number of images read and of all images; an exception that it raises stops the reading."""


class Original(NamedTuple):
    """One image as it is stored: a PNG or JPEG file, with what is known about it."""

    content: bytes
    size: tuple[int, int]
    colored: bool
    hash: int
    thumbnail: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Index:
    """What is known about each stored image; all arrays have the length n.

    Attributes:
        ends: where its file ends in `originals.bin`, int64.
        labels: its class, int64.
        given: the part that the source gives it, or `NOT_GIVEN`, int64.
        sizes: its width and height, (n, 2).
        colored: whether it has colors.
        hashes, thumbnails: see `near_duplicates`.
    """

    ends: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    given: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    colored: npt.NDArray[np.bool_]
    hashes: npt.NDArray[np.uint64]
    thumbnails: npt.NDArray[np.uint8]


def write(
    source: Source, folder: Path, max_pixels: int, max_bytes: int, on_progress: OnProgress | None = None
) -> tuple[Index, list[Skipped]]:
    """Read all images of a source and store them in a folder.

    Args:
        max_pixels: maximum number of pixels of an image; a larger one is skipped.
        max_bytes: maximum bytes of the stored images together.

    Returns:
        The index, and the images that could not be read.

    Raises:
        DatasetError: the images take more than `max_bytes`, or none can be read.
    """
    left_out: list[Skipped] = []
    kept: list[LabeledImage] = []
    stored: list[Original] = []
    end, ends = 0, []
    with (folder / FILE).open("wb") as file:
        for done, (image, found) in enumerate(threads.in_order(partial(_encode, max_pixels), source.images), start=1):
            if isinstance(image, Skipped):
                left_out.append(image)
            elif isinstance(found, Original):
                end += file.write(found.content)
                if end > max_bytes:
                    raise store_full(max_bytes)
                ends.append(end)
                kept.append(image._replace(content=b""))
                stored.append(found._replace(content=b""))
            if on_progress:
                on_progress(done, source.count)
    if not kept:
        raise DatasetError(
            N_("None of the {count:,} images can be read, beginning with {name}."),
            N_("Check that another program opens them, or save them as PNG or JPEG files."),
            count=len(left_out),
            name=left_out[0].name,
        )
    index = _index(source, kept, stored, ends)
    np.savez(folder / INDEX, **vars(index))
    (folder / NAMES).write_text(json.dumps([image.name for image in kept], ensure_ascii=False), encoding="utf-8")
    return index, left_out


def _index(source: Source, kept: list[LabeledImage], stored: list[Original], ends: list[int]) -> Index:
    numbers = {name: number for number, name in enumerate(source.class_names)}
    return Index(
        ends=np.array(ends, np.int64),
        labels=np.array([numbers[image.label] for image in kept], np.int64),
        given=np.array([PARTS.index(image.part) if image.part else NOT_GIVEN for image in kept], np.int64),
        sizes=np.array([original.size for original in stored], np.int64),
        colored=np.array([original.colored for original in stored]),
        hashes=np.array([original.hash for original in stored], np.uint64),
        thumbnails=np.stack([original.thumbnail for original in stored]),
    )


def store_full(max_bytes: int) -> DatasetError:
    """Return the error for image sets that take more than the limit on the disk."""
    return DatasetError(
        N_("There is room for {room:,.0f} MB of image sets, and this one takes more."),
        N_("Delete an image set, choose a smaller size, or raise the limit: {variable}."),
        room=max(max_bytes, 0) / 1e6,
        variable="CNNLAB_IMAGE_SET_STORE_BYTES",
    )


def read_index(folder: Path) -> Index:
    """Return the index of the stored images in a folder. DatasetError if it is damaged."""
    try:
        with np.load(folder / INDEX, allow_pickle=False) as arrays:
            return Index(**{name: arrays[name] for name in Index.__dataclass_fields__})
    except DAMAGED as error:
        raise unreadable(INDEX, error, AGAIN) from error


def read_names(folder: Path) -> list[str]:
    """Return the names that the stored images of a folder had in their source. DatasetError if they are damaged."""
    try:
        names: list[str] = json.loads((folder / NAMES).read_bytes())
    except DAMAGED as error:
        raise unreadable(NAMES, error, AGAIN) from error
    return names


def read_chosen(folder: Path, index: Index, numbers: Iterable[int]) -> Iterator[bytes]:
    """Yield some of the stored images of a folder as files, in the order of their numbers as given."""
    with (folder / FILE).open("rb") as file:
        for number in numbers:
            start = int(index.ends[number - 1]) if number else 0
            file.seek(start)
            yield file.read(int(index.ends[number]) - start)


def _encode(max_pixels: int, image: LabeledImage | Skipped) -> tuple[LabeledImage, Original] | tuple[Skipped, None]:
    if isinstance(image, Skipped):
        return image, None
    try:
        return image, encode(image.content, max_pixels)
    except CNNLabError as error:
        return skipped(image.name, error), None


def encode(content: bytes | npt.NDArray[np.uint8], max_pixels: int = MAX_PIXELS) -> Original:
    """Return an image as it is stored.

    Args:
        content: an image file, or pixels uint8 (height, width) or (height, width, 3).

    Raises:
        CNNLabError: the file is not an image, is damaged, or is too large.
    """
    if isinstance(content, bytes):
        picture = read_picture(content, SIDE, max_pixels)
        photo = content.startswith(b"\xff\xd8") and picture.width * picture.height > EXACT_PIXELS
    else:
        picture, photo = Image.fromarray(_bounded(content)), False
    red, green, blue = picture.convert("RGB").split()
    colored = any(ImageChops.difference(red, other).getbbox() is not None for other in (green, blue))
    picture = picture.convert("RGB" if colored else "L")
    file = io.BytesIO()
    if isinstance(content, bytes) and photo and plain_jpeg.is_plain(content, SIDE):
        # Saved once more, it would lose a little; an exported image set could not come back as it was.
        file.write(content)
    elif photo:
        picture.save(file, "JPEG", quality=JPEG_QUALITY)
    else:
        picture.save(file, "PNG", compress_level=1)
    return Original(file.getvalue(), picture.size, colored, *near_duplicates.fingerprint(picture))


def _bounded(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    longest = max(pixels.shape[:2])
    if longest <= SIDE:
        return np.ascontiguousarray(pixels)
    smaller: npt.NDArray[np.uint8] = np.rint(downscale(pixels, SIDE / longest)).astype(np.uint8)
    return smaller
