"""Read a large PNG a few rows at a time, since Pillow holds the whole image in memory.

A row of a PNG is stored as differences from the row above. So the rows of a strip, below the last row of the strip
before it, are an image of their own, from which Pillow restores the stored bytes.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import TypeGuard

from PIL import Image, ImageFile

SIGNATURE = b"\x89PNG\r\n\x1a\n"
STRIP_BYTES = 4_000_000
"""Approximate size of a strip before it is scaled down."""
CARRIERS = {1: ("L", 0), 2: ("LA", 4), 3: ("RGB", 2), 4: ("RGBA", 6)}
"""Bytes per pixel, as the differences count them -> an 8-bit mode with as many, and its number in a PNG."""


def can_strip(image: Image.Image) -> TypeGuard[ImageFile.ImageFile]:
    """Return whether `strips` can read this opened image."""
    if not isinstance(image, ImageFile.ImageFile) or image.format != "PNG":
        return False
    if image.info.get("interlace") or len(image.tile) != 1:
        return False
    return _bytes_per_pixel(image) in CARRIERS


def strips(image: ImageFile.ImageFile, content: bytes, step: int) -> Iterator[Image.Image]:
    """Yield the rows of an opened, not yet loaded PNG from top to bottom, in strips of the image's width and mode.

    Args:
        content: the file.
        step: the height of every strip but the last is a multiple of this.

    Raises:
        OSError: the file is damaged.
    """
    mode, rawmode = image.mode, str(image.tile[0][3])
    row_bytes = (image.width * _bits_per_pixel(image) + 7) // 8
    rows = max(STRIP_BYTES // row_bytes // step, 1) * step
    above, left = bytes(row_bytes), image.height
    for block in _blocks(content, rows * (row_bytes + 1), image.height * (row_bytes + 1)):
        count = len(block) // (row_bytes + 1)
        stored = _restore(above, block, _bytes_per_pixel(image))
        above = stored[-row_bytes:]
        strip = Image.frombytes(mode, (image.width, count), stored, "raw", rawmode)
        strip.info = image.info
        if image.palette is not None:
            strip.putpalette(image.palette.palette, image.palette.rawmode or "RGB")
        left -= count
        yield strip
    if left:
        raise OSError("the image ends early")


def _bits_per_pixel(image: ImageFile.ImageFile) -> int:
    rawmode = str(image.tile[0][3])
    channels = len(image.mode) if image.mode in ("LA", "RGB", "RGBA") else 1
    depth = rawmode.partition(";")[2].removesuffix("B") or ("1" if rawmode == "1" else "8")
    return channels * int(depth)


def _bytes_per_pixel(image: ImageFile.ImageFile) -> int:
    return max(_bits_per_pixel(image) // 8, 1)


def _restore(above: bytes, block: bytes, pixel: int) -> bytes:
    """Return the bytes of the rows in `block`, which starts each row with its kind of difference."""
    mode, number = CARRIERS[pixel]
    width, height = len(above) // pixel, len(block) // (len(above) + 1) + 1
    header = struct.pack(">IIBBBBB", width, height, 8, number, 0, 0, 0)
    # Level 0 stores the bytes as they are.
    packed = zlib.compress(b"\0" + above + block, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    with Image.open(io.BytesIO(SIGNATURE + b"".join(_chunk(*one) for one in chunks)), formats=("PNG",)) as image:
        return image.convert(mode).tobytes()[len(above) :]


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _blocks(content: bytes, size: int, total: int) -> Iterator[bytes]:
    """Yield the unpacked pixel data, `total` bytes, in blocks of `size`; less if the file ends early."""
    unpacker, block = zlib.decompressobj(), bytearray()
    try:
        for part in _pixel_chunks(content):
            waiting = bytes(part)
            while waiting and total > 0:
                block += unpacker.decompress(waiting, min(size, total) - len(block))
                waiting = unpacker.unconsumed_tail
                if len(block) == min(size, total):
                    total -= len(block)
                    yield bytes(block)
                    block.clear()
    except zlib.error as error:
        raise OSError(str(error)) from error


def _pixel_chunks(content: bytes) -> Iterator[memoryview]:
    at, whole = len(SIGNATURE), memoryview(content)
    while at + 8 <= len(content):
        length, name = struct.unpack(">I4s", whole[at : at + 8])
        if name == b"IDAT":
            yield whole[at + 8 : at + 8 + length]
        elif name == b"IEND":
            return
        at += length + 12
