"""Pictures of every kind that people have, and files that are none: grey values, or an error in words."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnlab.errors import CNNLabError
from cnnlab.vision.pictures import MOST_BYTES, read_picture, shrunken

NO_PICTURE = "This file is no picture that can be read, or it is damaged"


def file(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    whole = io.BytesIO()
    picture.save(whole, kind, **options)
    return whole.getvalue()


def grey(*rows: list[int]) -> Image.Image:
    return Image.fromarray(np.array(rows, np.uint8))


def levels(content: bytes) -> list[list[int]]:
    """The picture's values, 0 to 255."""
    pixels = read_picture(content, 100)
    assert pixels.dtype == np.float64
    return np.asarray((pixels * 255).round().astype(int)).tolist()


def test_grey_and_colour() -> None:
    assert levels(file(grey([0, 51, 255], [1, 2, 3]))) == [[0, 51, 255], [1, 2, 3]]
    assert levels(file(grey([7]))) == [[7]]
    assert levels(file(grey([0, 255]).convert("1"))) == [[0, 255]]
    colours = Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 90, 90]]], np.uint8))
    for kind in ("PNG", "BMP"):
        assert levels(file(colours, kind)) == [[76, 150, 29, 90]]
    assert levels(file(colours, "WEBP", lossless=True)) == [[76, 150, 29, 90]]


def test_what_is_transparent_is_white() -> None:
    seen = np.array([[[0, 255], [0, 0], [100, 255], [0, 128]]], np.uint8)
    assert levels(file(Image.fromarray(seen, "LA"))) == [[0, 255, 100, 127]]
    palette = Image.new("P", (3, 1))
    palette.putpalette([0, 0, 0, 255, 255, 255, 50, 50, 50])
    palette.putdata([0, 1, 2])
    assert levels(file(palette)) == [[0, 255, 50]]
    assert levels(file(palette, transparency=0)) == [[255, 255, 50]]
    assert levels(file(palette, "GIF", transparency=2)) == [[0, 255, 255]]


def test_sixteen_bits_keep_their_brightness() -> None:
    deep = Image.fromarray(np.array([[0, 257, 65535, 32896]], np.uint16))
    assert levels(file(deep)) == [[0, 1, 255, 128]]
    assert levels(file(Image.fromarray(np.full((2, 2), 65535, np.uint16)))) == [[255, 255], [255, 255]]


def test_an_animation_gives_its_first_picture() -> None:
    first, second = (Image.new("L", (3, 2), value) for value in (40, 200))
    for kind, options in (("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True})):
        content = file(first, kind, save_all=True, append_images=[second], duration=10, **options)
        assert levels(content) == [[40] * 3] * 2


def test_jpegs_of_print_and_of_cameras() -> None:
    ink = Image.new("CMYK", (16, 8), (0, 0, 0, 0))
    ink.paste((0, 0, 0, 255), (0, 0, 8, 8))
    pixels = read_picture(file(ink, "JPEG"), 100)
    assert pixels.shape == (8, 16)
    assert pixels[4, 2] < 0.05 and pixels[4, 13] > 0.95
    photo = Image.new("L", (16, 8), 255)
    photo.paste(0, (0, 0, 8, 8))
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright: turn it a quarter clockwise
    upright = read_picture(file(photo, "JPEG", exif=turned), 100)
    assert upright.shape == (16, 8)
    assert upright[2].max() < 0.05 and upright[13].min() > 0.95


def test_large_pictures_become_small_by_means() -> None:
    chequered = np.indices((40, 80)).sum(axis=0) % 2 * 255
    pixels = read_picture(file(Image.fromarray(chequered.astype(np.uint8))), 20)
    assert pixels.shape == (10, 20)
    np.testing.assert_allclose(pixels, 0.5, atol=1e-6)
    assert read_picture(file(Image.new("L", (3000, 1))), 28).shape == (1, 28)
    assert shrunken(np.array([[0.0, 1.0], [1.0, 1.0]]), 0.5).tolist() == [[0.75]]


def test_bombs() -> None:
    with pytest.raises(CNNLabError, match=r"The file has 20\.0 MB; at most 20 MB are read\. Make the picture smaller"):
        read_picture(bytes(MOST_BYTES + 1), 28)
    # A few bytes that say they are a large picture; then one that Pillow itself refuses.
    with pytest.raises(CNNLabError, match="The picture has 8000×8000 pixels; at most 50,000,000 are read"):
        read_picture(stating(8000, 8000), 28)
    with pytest.raises(CNNLabError, match=NO_PICTURE):
        read_picture(stating(60000, 60000), 28)


def stating(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + PIXELS


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


PIXELS = chunk(b"IDAT", zlib.compress(bytes(8))) + chunk(b"IEND", b"")


def test_files_that_are_no_picture() -> None:
    png = file(Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 30), np.uint8)))
    program = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    for content in (b"", b"GIF89a", b"\xff\xd8\xff", b"<svg/>", png[:-40], png[:60], program, stating(0, 5)):
        with pytest.raises(CNNLabError, match=NO_PICTURE):
            read_picture(content, 28)


_EXIF = Image.Exif()
_EXIF[0x0112] = 6
_COLOURS = Image.fromarray(np.random.default_rng(1).integers(0, 256, (5, 6, 3), np.uint8))
WHOLE = [
    file(_COLOURS, exif=_EXIF),
    file(_COLOURS.convert("P"), transparency=1),
    file(Image.fromarray(np.arange(12, dtype=np.uint16).reshape(3, 4))),
    file(_COLOURS, "JPEG", exif=_EXIF),
    file(_COLOURS.convert("CMYK"), "JPEG"),
    file(_COLOURS.convert("P"), "GIF"),
    file(_COLOURS, "BMP"),
    file(_COLOURS, "WEBP", exif=_EXIF),
]


def assert_read_or_refused(content: bytes) -> None:
    try:
        pixels = read_picture(content, 20)
    except CNNLabError:
        return
    assert max(pixels.shape) <= 20
    assert pixels.min() >= 0 and pixels.max() <= 1


@pytest.mark.filterwarnings("ignore")  # Pillow warns of odd files
@given(
    st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"\xff\xd8\xff", b"RIFF"])
)
@settings(max_examples=150)
def test_any_bytes_are_read_or_refused(content: bytes, beginning: bytes) -> None:
    assert_read_or_refused(beginning + content)


@pytest.mark.filterwarnings("ignore")
@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=400)
def test_damaged_files_are_read_or_refused(whole: bytes, damage: list[tuple[int, int]]) -> None:
    content = bytearray(whole)
    for place, value in damage:
        content[place % len(content)] = value
    assert_read_or_refused(bytes(content))


@pytest.mark.filterwarnings("ignore")
@given(
    st.tuples(st.integers(0, 40), st.integers(0, 40), *[st.integers(0, 20) for _ in range(5)]),
    st.lists(
        st.tuples(
            st.sampled_from([b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"fdAT", b"pHYs"]),
            st.binary(max_size=40),
        ),
        max_size=3,
    ),
    st.binary(max_size=40),
)
@settings(max_examples=400)
def test_pngs_that_lie_with_right_checksums(
    header: tuple[int, ...], chunks: list[tuple[bytes, bytes]], packed: bytes
) -> None:
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", *header)), *(chunk(*one) for one in chunks)]
    for pixels in (packed, zlib.compress(bytes(2000))):
        assert_read_or_refused(b"\x89PNG\r\n\x1a\n" + b"".join([*parts, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]))
